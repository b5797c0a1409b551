import { NearClasses, priorCounts, USUAL_PRIOR_VOTES, type AnnotatorPrior, type ConfusionMatrices } from '../../aggregation/index.js';
import { readText } from '../../formats/formats.js';
import { priorTable, type PriorRow } from '../../formats/rows/tables.js';
import { FormatError } from '../../formats/text/fault.js';
import { checking, refusing } from '../refusal.js';
import { bytesOf, type Votes } from './votes-file.js';

export const priorsHelp = `
PRIORS is a file of what is known of annotators beforehand, for the methods that read prior counts: the columns annotator and accuracy,
and votes for how many answers it counts as (${USUAL_PRIOR_VOTES} where left out), as the annotators that a project exports have them; or annotator,
truth, vote and count, a row a pair of classes. Annotators without votes in the file of votes are passed over.`;

/**
 * @returns the counts, and of how many annotators they are.
 * @throws Refusal naming file, line and value; also for an annotator who comes twice, and where none of them has votes.
 */
export async function readPriors(path: string, { annotatorIds, classes }: Votes): Promise<{ counts: ConfusionMatrices; count: number }> {
  const priors = await refusing(path, async () => {
    const read = new Priors(annotatorIds.find.bind(annotatorIds), classes);
    for await (const { rows, rejects } of readText(bytesOf(path), priorTable)) {
      const refused = rejects[0];
      for (const row of rows) {
        if (refused && row.line > refused.line) break;
        read.take(row);
      }
      if (refused) throw new FormatError(refused.message, refused.line);
    }
    const all = read.all();
    if (all.length === 0) throw new FormatError('none of these annotators has votes; are their ids those of the file of votes?');
    return all;
  });
  return { counts: checking(() => priorCounts(annotatorIds.size, classes.length, priors), `${path}: `), count: priors.length };
}

interface Cells { truths: number[]; labels: number[]; counts: number[]; seen: Set<number> }

class Priors {
  private readonly accuracies = new Map<number, AnnotatorPrior>();
  private readonly cells = new Map<number, Cells>();
  private readonly indices: Map<string, number>;

  constructor(private readonly codeOf: (id: string) => number, private readonly classes: readonly string[]) {
    this.indices = new Map(classes.map((name, k) => [name, k]));
  }

  take({ line, annotator, accuracy, votes, truth, vote, count }: PriorRow): void {
    const code = this.codeOf(annotator);
    if (code < 0) return;
    if (this.accuracies.has(code) || (accuracy != null && this.cells.has(code))) throw new FormatError(`annotator ${JSON.stringify(annotator)} comes twice; keep one accuracy, or the counts`, line);
    if (accuracy != null) {
      // Of whoever has no votes there nothing is known.
      if (votes !== 0) this.accuracies.set(code, { annotator: code, accuracy, votes: votes ?? USUAL_PRIOR_VOTES });
      return;
    }
    const cells = this.cells.get(code) ?? { truths: [], labels: [], counts: [], seen: new Set() };
    const [trueClass, label] = [this.indexOf(truth!, line), this.indexOf(vote!, line)];
    const pair = trueClass * this.classes.length + label;
    if (cells.seen.has(pair)) throw new FormatError(`votes of annotator ${JSON.stringify(annotator)} for ${JSON.stringify(vote)} where ${JSON.stringify(truth)} is true are counted twice; give their sum once`, line);
    cells.seen.add(pair);
    cells.truths.push(trueClass);
    cells.labels.push(label);
    cells.counts.push(count!);
    this.cells.set(code, cells);
  }

  /** By annotator. */
  all(): AnnotatorPrior[] {
    const counted = [...this.cells].map(([annotator, { truths, labels, counts }]): AnnotatorPrior & { votes: number } => ({ annotator, truths, labels, counts, votes: counts.reduce((sum, count) => sum + count, 0) }));
    return [...this.accuracies.values(), ...counted.filter(({ votes }) => votes > 0)].sort((a, b) => a.annotator - b.annotator);
  }

  private indexOf(name: string, line: number): number {
    const k = this.indices.get(name);
    if (k !== undefined) return k;
    const near = new NearClasses(this.classes).nearest(name);
    const hint = near === null ? 'name all classes by --classes, if it is one without votes' : `${JSON.stringify(near)} is one`;
    throw new FormatError(`class ${JSON.stringify(name)} is not among the classes ${this.classes.slice(0, 10).map((one) => JSON.stringify(one)).join(', ')}; ${hint}`, line);
  }
}
