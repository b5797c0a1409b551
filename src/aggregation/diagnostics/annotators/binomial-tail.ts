import { betaCdf } from '../../numeric/special-functions.js';

/** The chance of at least `hits` hits in `trials` independent ones that hit with chance `share` each. */
export function binomialTail(hits: number, trials: number, share: number): number {
  if (hits <= 0) return 1;
  if (hits > trials) return 0;
  return betaCdf(share, hits, trials - hits + 1);
}
