import type { VoteTable } from '../vote-table.js';

/** The (annotator, class) pairs that occur among the votes, by annotator and then by class. */
export interface VoteCells {
  /** M + 1: the cells of annotator a are offsets[a] up to offsets[a + 1]. */
  offsets: Int32Array;
  /** The class of each cell. */
  labels: Int32Array;
  /** Votes of each cell. */
  counts: Int32Array;
  /** One a vote, in the table's order: its cell. */
  cellOfVote: Int32Array;
}

/** O(votes + cells log K); a method with one number a cell needs no M x K array, however many classes there are. */
export function voteCells(votes: VoteTable): VoteCells {
  const { annotatorCount, classCount, classes, voteCount } = votes;
  const order = votes.byAnnotator();
  const offsets = new Int32Array(annotatorCount + 1);
  const labels = new Int32Array(voteCount);
  const counts = new Int32Array(voteCount);
  const cellOfVote = new Int32Array(voteCount);
  const cellOfClass = new Int32Array(classCount).fill(-1);
  let cells = 0;
  for (let annotator = 0; annotator < annotatorCount; annotator++) {
    const first = order.offsets[annotator]!;
    const end = order.offsets[annotator + 1]!;
    let used = cells;
    for (let i = first; i < end; i++) {
      const label = classes[order.votes[i]!]!;
      if (cellOfClass[label] === -1) {
        cellOfClass[label] = 0;
        labels[used++] = label;
      }
    }
    labels.subarray(cells, used).sort();
    for (let cell = cells; cell < used; cell++) cellOfClass[labels[cell]!] = cell;
    for (let i = first; i < end; i++) {
      const cell = cellOfClass[classes[order.votes[i]!]!]!;
      cellOfVote[order.votes[i]!] = cell;
      counts[cell]!++;
    }
    for (let cell = cells; cell < used; cell++) cellOfClass[labels[cell]!] = -1;
    cells = used;
    offsets[annotator + 1] = cells;
  }
  return { offsets, labels: labels.slice(0, cells), counts: counts.slice(0, cells), cellOfVote };
}
