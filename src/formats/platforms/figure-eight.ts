import { oneOf, voteOrPass } from '../foreign/answers.js';
import { chosen } from '../foreign/choosing.js';
import { FileRefused, type Fates } from '../foreign/fates.js';
import type { ImportOptions } from '../foreign/options.js';
import type { ForeignFile, Platform, PlatformReader } from '../foreign/platform.js';
import type { ForeignRecord, Row } from '../foreign/record.js';
import { momentIn } from '../text/moment.js';

const GOLD = '_gold';

export const figureEight: Platform = {
  id: 'figure-eight',
  title: 'Figure Eight (Appen, CrowdFlower)',
  files: 'the full report (CSV)',
  forms: ['table'],
  table: { known: /^_(unit_id|worker_id|id|created_at|started_at|tainted|golden|trust)$/ },
  heeds: ['question', 'itemId', 'tainted'],
  recognises: (beginning) => beginning.form === 'table' && beginning.columns.includes('_unit_id'),
  open: (options) => new FigureEightReader(options),
};

class FigureEightReader implements PlatformReader {
  private readonly questions = new Set<string>();
  /** Any column that is not the platform's own may be named. */
  private readonly columns = new Set<string>();
  /** Pages, by worker and start, and those of several answers: their time is no answer's. */
  private readonly pages = new Set<string>();
  private readonly severalAnswers = new Set<string>();
  private question = '';

  constructor(private readonly options: ImportOptions) {}

  begin(_: Pick<ForeignFile, 'name'>, columns: readonly string[] | null): void {
    if (!columns!.includes('_worker_id')) throw new FileRefused('NO_ANNOTATOR', 'this is the aggregated report, which has no workers; download the full report');
    for (const name of columns!) {
      if (!name.startsWith('_')) this.columns.add(name);
      if (columns!.includes(`${name}${GOLD}`)) this.questions.add(name);
    }
  }

  look(record: ForeignRecord): void {
    if (record.kind !== 'row') return;
    const page = pageOf(record.row);
    if (this.pages.has(page)) this.severalAnswers.add(page);
    this.pages.add(page);
  }

  choose(): void {
    const { question } = this.options;
    this.question = chosen('question', question !== undefined && this.columns.has(question) ? [question] : this.questions.size > 0 ? this.questions : this.columns, question);
  }

  record(record: ForeignRecord, fates: Fates): void {
    if (record.kind !== 'row') return;
    const { at, row } = record;
    const item = row.cell(this.options.itemId ?? '_unit_id') || null;
    const data = row.columns.filter((name) => !name.startsWith('_') && name !== this.question && !name.endsWith(GOLD) && !name.startsWith('orig_'));
    fates.item({ at, item, payload: { ...Object.fromEntries(data.map((name) => [name, row.cell(name)])), figureEight: { unit: row.cell('_unit_id') } } });
    const gold = linesOf(row.cell(`${this.question}${GOLD}`));
    if (gold.length === 1) fates.gold({ at, item, class: gold[0]! });
    if (/^true$/i.test(row.cell('_tainted')) && this.options.tainted !== 'keep') return fates.pass(at, 'TAINTED');
    const created = momentOf(row.cell('_created_at'));
    const started = momentOf(row.cell('_started_at'));
    const id = row.cell('_id');
    voteOrPass(fates, {
      at, item, annotator: row.cell('_worker_id') || null, time: created, voteId: id === '' ? null : `f8:${id}`,
      durationMs: created !== null && started !== null && !this.severalAnswers.has(pageOf(row)) ? momentIn(created) - momentIn(started) : null,
    }, oneOf(this.question, linesOf(row.cell(this.question))));
  }
}

function pageOf(row: Row): string {
  return `${row.cell('_worker_id')} ${row.cell('_started_at')}`;
}

/** Several answers of a cell stand a line each. */
function linesOf(cell: string): string[] {
  return cell.split(/\r?\n/).filter((line) => line !== '');
}

/** Month first, in UTC: 8/31/2018 08:18:12. */
function momentOf(cell: string): string | null {
  const found = /^(\d{1,2})\/(\d{1,2})\/(\d{4}) (\d\d:\d\d:\d\d)$/.exec(cell);
  if (!found) return cell === '' ? null : cell;
  return `${found[3]}-${found[1]!.padStart(2, '0')}-${found[2]!.padStart(2, '0')}T${found[4]}Z`;
}
