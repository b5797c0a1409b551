/** Counts up to `to`, telling each number; or fails as it is told; or never ends. */
export async function run({ to, fault, hang, fill }, report) {
  if (fault) throw Object.assign(new RangeError(fault), { code: 'E_TEST' });
  for (let n = 1; n <= to; n++) report(n);
  while (hang) Math.sqrt(2);
  const kept = [];
  while (fill) kept.push(new Array(1000).fill({}));
  return { counted: to };
}
