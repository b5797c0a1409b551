import type { ClassCounts } from './class-counts.js';
import { pairableTotals } from './krippendorff-alpha.js';
import type { AgreementMetric, AnswerDistance, AnswerSets } from './metric.js';

/** Distances of all distinct answers that were given lie in one square: 128 MB at the most. */
const MOST_ANSWERS = 4096;

/** The part of the two answers' classes that only one of them names. */
export const jaccardAlpha = record('jaccard', "Krippendorff's alpha of sets, Jaccard distance", 'Jaccard (1912); Krippendorff, "Content Analysis" (2004), chapter 11', jaccardDistance);
/** Jaccard's, and more where neither answer holds the other. Among single classes both are nominal alpha. */
export const masiAlpha = record('masi', "Krippendorff's alpha of sets, MASI distance", 'Passonneau, "Measuring Agreement on Set-valued Items (MASI)" (LREC 2006)', masiDistance);

function record(id: string, title: string, source: string, distanceOf: (answers: AnswerSets) => AnswerDistance): AgreementMetric {
  return {
    id: `krippendorff-alpha-${id}`,
    version: 1,
    title,
    source,
    scale: 'nominal',
    lowest: -1,
    options: [],
    ofSets: (answers) => setAlpha(distanceOf(answers)),
    distance: (_, __, answers) => distanceOf(answers!),
  };
}

export function jaccardDistance({ offsets, classes }: AnswerSets): AnswerDistance {
  const size = sizeOf(offsets);
  return (a, b) => {
    const both = shared(offsets, classes, a, b);
    const either = size(a) + size(b) - both;
    // Two empty sets are alike.
    return either === 0 ? 0 : 1 - both / either;
  };
}

export function masiDistance({ offsets, classes }: AnswerSets): AnswerDistance {
  const size = sizeOf(offsets);
  return (a, b) => {
    const both = shared(offsets, classes, a, b);
    const either = size(a) + size(b) - both;
    if (either === 0) return 0;
    // Exact thirds; common code has .67 and .33.
    const kind = both === either ? 1 : both === size(a) || both === size(b) ? 2 / 3 : both > 0 ? 1 / 3 : 0;
    return 1 - (both / either) * kind;
  };
}

/** Alpha for any distance of answers: O(distinct answers^2) once, and then what the counts of items hold. */
export function setAlpha(distance: AnswerDistance): (counts: ClassCounts) => number {
  let known: Distances | null = null;
  return (counts) => {
    const totals = pairableTotals(counts);
    // Replicates draw from the items of the first counts, which therefore have all their answers.
    known ??= new Distances(totals, distance);
    const { rows, squares: d, width } = known;
    let observed = 0;
    for (let p = 0; p < counts.sizes.length; p++) {
      const m = counts.sizes[p]!;
      if (m < 2 || counts.items[p] === 0) continue;
      let apart = 0;
      for (let e = counts.offsets[p]!; e < counts.offsets[p + 1]!; e++) {
        for (let f = counts.offsets[p]!; f < e; f++) apart += counts.counts[e]! * counts.counts[f]! * d[rows[counts.classes[e]!]! * width + rows[counts.classes[f]!]!]!;
      }
      observed += (counts.items[p]! * 2 * apart) / (m - 1);
    }
    const n = totals.reduce((sum, total) => sum + total, 0);
    let expected = 0;
    for (let a = 0; a < totals.length; a++) {
      if (totals[a] === 0) continue;
      for (let b = 0; b < a; b++) if (totals[b]! > 0) expected += 2 * totals[a]! * totals[b]! * d[rows[a]! * width + rows[b]!]!;
    }
    return 1 - ((n - 1) * observed) / expected;
  };
}

/** Of the answers given, each to each. */
class Distances {
  readonly rows: Int32Array;
  readonly squares: Float64Array;
  readonly width: number;

  /** @throws RangeError where too many answers are distinct. */
  constructor(totals: Float64Array, distance: AnswerDistance) {
    const given = Array.from(totals.keys()).filter((answer) => totals[answer]! > 0);
    if (given.length > MOST_ANSWERS) throw new RangeError(`votes name ${given.length} distinct sets of classes; distances are taken between at most ${MOST_ANSWERS}: select fewer items`);
    this.width = given.length;
    this.rows = new Int32Array(totals.length);
    given.forEach((answer, row) => (this.rows[answer] = row));
    this.squares = new Float64Array(this.width ** 2);
    given.forEach((a, row) => given.forEach((b, column) => (this.squares[row * this.width + column] = a === b ? 0 : distance(a, b))));
  }
}

function sizeOf(offsets: Int32Array): (answer: number) => number {
  return (answer) => offsets[answer + 1]! - offsets[answer]!;
}

/** Members of both, which ascend. */
function shared(offsets: Int32Array, classes: Int32Array, a: number, b: number): number {
  let both = 0;
  let i = offsets[a]!;
  let j = offsets[b]!;
  while (i < offsets[a + 1]! && j < offsets[b + 1]!) {
    const difference = classes[i]! - classes[j]!;
    if (difference === 0) both++;
    if (difference <= 0) i++;
    if (difference >= 0) j++;
  }
  return both;
}
