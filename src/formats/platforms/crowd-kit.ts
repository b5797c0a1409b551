import { FileRefused, type Fates } from '../foreign/fates.js';
import type { ImportOptions } from '../foreign/options.js';
import type { ForeignFile, Platform, PlatformReader } from '../foreign/platform.js';
import { type ForeignRecord, RecordFault } from '../foreign/record.js';

const names = {
  item: ['task', 'taskId'],
  annotator: ['worker', 'performer', 'workerId'],
  label: ['label', 'answer'],
  truth: ['truth', 'label', 'answer'],
};

export const crowdKit: Platform = {
  id: 'crowd-kit',
  title: 'crowd-kit',
  files: 'tables of task, worker (performer) and label; of gold answers, with --gold only, those of task and label (truth)',
  forms: ['table'],
  table: { known: /^(task|taskId|worker|performer|workerId|label|answer|truth)$/ },
  heeds: [],
  recognises: (beginning) => beginning.form === 'table' && [names.item, names.annotator, names.label].every((known) => known.some((name) => beginning.columns.includes(name))),
  open: (options) => new CrowdKitReader(options),
};

class CrowdKitReader implements PlatformReader {
  private item = '';
  private annotator: string | undefined;
  private label = '';

  constructor(private readonly options: ImportOptions) {}

  begin(_: Pick<ForeignFile, 'name'>, columns: readonly string[] | null): void {
    const found = (known: readonly string[]) => known.find((name) => columns!.includes(name));
    this.annotator = found(names.annotator);
    const isGold = this.annotator === undefined && this.options.gold === 'only';
    const item = found(names.item);
    const label = found(isGold ? names.truth : names.label);
    if (item === undefined || label === undefined) {
      throw new FileRefused('NO_QUESTION', `a table of ${item === undefined ? names.item.join(' or ') : names.label.join(' or ')} is expected, and the header has ${columns!.join(', ')}`);
    }
    if (this.annotator === undefined && !isGold && this.options.annotator === undefined) {
      throw new FileRefused('NO_ANNOTATOR', 'the table has no column worker, performer or workerId; --gold only reads its labels as gold answers, --annotator NAME as one person\'s');
    }
    this.item = item;
    this.label = label;
  }

  record(record: ForeignRecord, fates: Fates): void {
    if (record.kind !== 'row') return;
    const { at, row } = record;
    const needed = (name: string): string => {
      const cell = row.cell(name);
      if (cell === '') throw new RecordFault('MISSING', `${name} is empty; every row needs one`);
      return cell;
    };
    const item = needed(this.item);
    const answer = needed(this.label);
    if (this.annotator === undefined && this.options.gold === 'only') return fates.gold({ at, item, class: answer });
    fates.vote({ at, item, annotator: this.annotator === undefined ? null : needed(this.annotator), answer: { class: answer } });
  }
}
