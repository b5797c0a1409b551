/**
 * x^y for x >= 0, the same bits under every Node: Math.pow and ** are other since Node 24 where y is neither 0.5 nor 2, Math.exp and
 * Math.log are not. Relative error of about 1e-16 (1 + |y ln x|).
 */
export function power(x: number, y: number): number {
  if (y === 1) return x;
  if (y === -1) return 1 / x;
  return y === 0 ? 1 : Math.exp(y * Math.log(x));
}
