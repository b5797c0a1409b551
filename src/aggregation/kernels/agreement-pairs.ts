import type { VoteTable } from '../vote-table.js';

/** How often annotators who met on items gave the same class, for each ordered pair of annotators that met. */
export interface AgreementPairs {
  /** M + 1: the partners of annotator a are at offsets[a] up to offsets[a + 1]. */
  offsets: Float64Array;
  partners: Int32Array;
  /** Pairs of votes on one item by these two annotators, and those of them with equal classes. */
  meetings: Int32Array;
  agreements: Int32Array;
}

/** Partner, meetings and agreements here, and the number that a method makes of them. */
const BYTES_A_PAIR = 20;
const LIMIT_BYTES = 4 * 2 ** 30;

/**
 * Sparse: memory follows the pairs that met, not M x M. Two passes, O(sum over items of votes squared) each.
 * @throws RangeError with the memory it would take, above 4 GiB.
 */
export function agreementPairs(votes: VoteTable): AgreementPairs {
  const { annotatorCount: M, annotators, classes, items, itemOffsets } = votes;
  const order = votes.byAnnotator();
  const offsets = new Float64Array(M + 1);
  const seenBy = new Int32Array(M).fill(-1);

  const visit = (annotator: number, meet: (partner: number, same: boolean) => void) => {
    for (let i = order.offsets[annotator]!; i < order.offsets[annotator + 1]!; i++) {
      const vote = order.votes[i]!;
      const item = items[vote]!;
      for (let other = itemOffsets[item]!; other < itemOffsets[item + 1]!; other++) {
        if (annotators[other] !== annotator) meet(annotators[other]!, classes[other] === classes[vote]);
      }
    }
  };

  for (let annotator = 0; annotator < M; annotator++) {
    let partners = 0;
    visit(annotator, (partner) => {
      if (seenBy[partner] === annotator) return;
      seenBy[partner] = annotator;
      partners++;
    });
    offsets[annotator + 1] = offsets[annotator]! + partners;
  }
  const pairs = offsets[M]!;
  if (pairs * BYTES_A_PAIR > LIMIT_BYTES) {
    throw new RangeError(
      `${pairs} pairs of annotators met on items; holding them would take ${((pairs * BYTES_A_PAIR) / 2 ** 30).toFixed(1)} GiB, more than ${LIMIT_BYTES / 2 ** 30}: ` +
        'use a method whose memory does not grow with pairs of annotators (e.g. one-coin)',
    );
  }

  const partners = new Int32Array(pairs);
  const meetings = new Int32Array(pairs);
  const agreements = new Int32Array(pairs);
  const placeOf = new Int32Array(M);
  seenBy.fill(-1);
  for (let annotator = 0; annotator < M; annotator++) {
    let next = offsets[annotator]!;
    visit(annotator, (partner, same) => {
      if (seenBy[partner] !== annotator) {
        seenBy[partner] = annotator;
        placeOf[partner] = next;
        partners[next++] = partner;
      }
      meetings[placeOf[partner]!]!++;
      if (same) agreements[placeOf[partner]!]!++;
    });
  }
  return { offsets, partners, meetings, agreements };
}
