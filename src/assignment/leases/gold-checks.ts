import type { Lease } from './lease.entity.js';
import type { Choice } from './lease-giving.js';

/** How many of a call's items are gold checks: each one by itself with the project's rate, so that no pattern tells. */
export function drawGoldCount(count: number, rate: number): number {
  let checks = 0;
  if (rate > 0) for (let item = 0; item < count; item++) if (Math.random() < rate) checks++;
  return checks;
}

/**
 * Gold checks under the figures of items that might have been given in their place: a strategy, a score or a vote count of
 * their own would give them away. None where there is nothing else to give: a gold check alone would, too.
 * @param checks codes of gold items
 */
export function withGold(checks: readonly number[], regular: readonly Lease[], spare: readonly Choice[]): Choice[] {
  const figures = [...spare, ...regular].map(({ strategy, score, votes }) => ({ strategy, score, votes }));
  return figures.length === 0 ? [] : checks.map((item, i) => ({ item, ...figures[i % figures.length]! }));
}
