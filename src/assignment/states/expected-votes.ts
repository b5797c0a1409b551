/** How many items stand at each number of votes. Index: votes, 0 to maxVotes; items above it count at it. */
export interface VoteHistogram {
  open: ArrayLike<number>;
  /** Finished by the rule: done or contested. */
  finished: ArrayLike<number>;
}

/**
 * How many more votes the open items are expected to take until the rule now in force finishes them. The chance that an item
 * is finished by its n-th vote is taken from the items that had n votes (as a life table has it: those finished at n among
 * those that reached n); at maxVotes it is 1, and where nobody has been yet it is 0, so that a young project is told its most.
 */
export function expectedVotes({ open, finished }: VoteHistogram, maxVotes: number): number {
  let reached = 0;
  let more = 0;
  let total = 0;
  for (let votes = maxVotes; votes >= 0; votes--) {
    reached += (open[votes] ?? 0) + (finished[votes] ?? 0);
    if (votes < maxVotes) total += (open[votes] ?? 0) * more;
    const chance = votes >= maxVotes ? 1 : reached > 0 ? (finished[votes] ?? 0) / reached : 0;
    // What an item with one vote less has before it: this vote, and what follows unless it finishes.
    more = 1 + (1 - chance) * more;
  }
  return total;
}
