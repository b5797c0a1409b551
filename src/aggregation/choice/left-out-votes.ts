import { fingerprints, mix } from '../numeric/fingerprints.js';
import { VoteTable } from '../vote-table.js';

/** Of the votes, one at least. */
const LEFT_OUT = 0.1;

/**
 * Tables of the same votes without a tenth of them, drawn at random. Which are drawn follows from the seed and from how the votes
 * hang together, never from an index, so that it does not depend on the order of rows or on how anything is numbered; what the votes
 * cannot tell apart is told apart by its place.
 */
export class LeftOutVotes {
  private readonly marks: Uint32Array;

  constructor(private readonly votes: VoteTable, seed: number) {
    const prints = fingerprints(votes, seed);
    const itemPlaces = placesOfEquals(prints.items);
    const annotatorPlaces = placesOfEquals(prints.annotators);
    const { items, annotators, classes, classCount: K } = votes;
    this.marks = new Uint32Array(votes.voteCount);
    for (let v = 0, repeat = 0; v < votes.voteCount; v++) {
      const item = items[v]!;
      const annotator = annotators[v]!;
      const code = classes[v]!;
      repeat = v > 0 && items[v - 1] === item && annotators[v - 1] === annotator && classes[v - 1] === code ? repeat + 1 : 0;
      const ofItem = mix(prints.items[item]!, itemPlaces[item]!);
      const ofAnnotator = mix(prints.annotators[annotator]!, annotatorPlaces[annotator]!);
      this.marks[v] = mix(mix(ofItem, ofAnnotator), mix(code < K ? prints.classes[code]! : K, repeat));
    }
  }

  /** @returns null where nothing would be left. */
  without(draw: number): VoteTable | null {
    const { votes } = this;
    const ranks = this.marks.map((mark) => mix(draw, mark));
    const count = Math.max(1, Math.floor(LEFT_OUT * votes.voteCount));
    if (votes.voteCount <= count) return null;
    const last = ranks.slice().sort()[count - 1]!;
    const stays = (_: number, v: number) => ranks[v]! > last;
    const columns = { items: votes.items.filter(stays), annotators: votes.annotators.filter(stays), classes: votes.classes.filter(stays) };
    if (columns.items.length === 0) return null;
    const { itemCount, annotatorCount, classCount, candidateSets, classScale } = votes;
    return new VoteTable({ ...columns, itemCount, annotatorCount, classCount, candidateSets, classScale });
  }
}

/** For each entry, how many before it are the same. */
function placesOfEquals(marks: Uint32Array): Uint32Array {
  const seen = new Map<number, number>();
  return marks.map((mark) => {
    const place = seen.get(mark) ?? 0;
    seen.set(mark, place + 1);
    return place;
  });
}
