import type { VoteTable } from '../../vote-table.js';

/** The distinct classes voted on each item: everything about the others is the same, so sums run over these alone. */
export interface ItemClasses {
  /** N + 1: the slots of item i are offsets[i] up to offsets[i + 1]. */
  offsets: Int32Array;
  /** The class of each slot, ascending within an item. */
  classes: Int32Array;
  /** One a vote: its slot, counted from its item's first. */
  slotOfVote: Int32Array;
  /** Most slots of one item. */
  most: number;
}

export function itemClasses(votes: VoteTable): ItemClasses {
  const { itemCount, itemOffsets, classes: labels, voteCount, classCount } = votes;
  const offsets = new Int32Array(itemCount + 1);
  const classes = new Int32Array(voteCount);
  const slotOfVote = new Int32Array(voteCount);
  const slotOfClass = new Int32Array(classCount).fill(-1);
  let slots = 0;
  let most = 0;
  for (let item = 0; item < itemCount; item++) {
    const first = slots;
    for (let v = itemOffsets[item]!; v < itemOffsets[item + 1]!; v++) {
      if (slotOfClass[labels[v]!] !== -1) continue;
      slotOfClass[labels[v]!] = 0;
      classes[slots++] = labels[v]!;
    }
    classes.subarray(first, slots).sort();
    for (let slot = first; slot < slots; slot++) slotOfClass[classes[slot]!] = slot - first;
    for (let v = itemOffsets[item]!; v < itemOffsets[item + 1]!; v++) slotOfVote[v] = slotOfClass[labels[v]!]!;
    for (let slot = first; slot < slots; slot++) slotOfClass[classes[slot]!] = -1;
    offsets[item + 1] = slots;
    most = Math.max(most, slots - first);
  }
  return { offsets, classes: classes.slice(0, slots), slotOfVote, most };
}
