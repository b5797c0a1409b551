import { classesIn, notAClass, oneOf, voteOrPass } from '../foreign/answers.js';
import { chosen, chosenInput } from '../foreign/choosing.js';
import { FileRefused, type Fates } from '../foreign/fates.js';
import { isObject, type Json, type JsonObject, listOf, plainMembers, within, written } from '../foreign/json.js';
import type { ImportOptions } from '../foreign/options.js';
import type { ForeignFile, Platform, PlatformReader } from '../foreign/platform.js';
import { type ForeignRecord, RecordFault, type Row } from '../foreign/record.js';
import { momentIn } from '../text/moment.js';

const INPUT = 'INPUT:';
const OUTPUT = 'OUTPUT:';
const taskId = 'ASSIGNMENT:task_id';

export const toloka: Platform = {
  id: 'toloka',
  title: 'Toloka',
  files: 'TSV of assignments from a pool, and the JSON of its API',
  forms: ['table', 'json'],
  lists: ['items'],
  table: { known: /^(INPUT|OUTPUT|GOLDEN|HINT|ASSIGNMENT):/ },
  heeds: ['question', 'itemId', 'rejected', 'training'],
  recognises(beginning) {
    if (beginning.form === 'table') return beginning.columns.some((name) => name.startsWith(OUTPUT)) && beginning.columns.some((name) => name.startsWith('ASSIGNMENT:'));
    return beginning.form === 'json' && within(beginning.value, 'user_id') !== undefined && Array.isArray(within(beginning.value, 'tasks'));
  },
  open: (options) => new TolokaReader(options),
};

/** One task of a page, whatever the form of the file. */
interface Task {
  at: string;
  page: string | null;
  id: string | null;
  inputs: Record<string, unknown>;
  item: string | null;
  answer: Json | undefined;
  known: Json | undefined;
  hint: boolean;
  worker: string | null;
  status: string | null;
  started: string | null;
  submitted: string | null;
  isAlone: boolean;
}

class TolokaReader implements PlatformReader {
  private readonly questions = new Set<string>();
  private readonly inputs = new Set<string>();
  private hasTaskIds = false;
  /** Pages met, and those of several tasks. */
  private readonly pages = new Set<string>();
  private readonly severalTasks = new Set<string>();
  private question = '';
  private input = '';

  constructor(private readonly options: ImportOptions) {}

  begin(_: Pick<ForeignFile, 'name'>, columns: readonly string[] | null): void {
    for (const name of columns ?? []) {
      if (name.startsWith(OUTPUT)) this.questions.add(name.slice(OUTPUT.length));
      if (name.startsWith(INPUT)) this.inputs.add(name);
      if (name === taskId) this.hasTaskIds = true;
    }
    if (columns && !columns.includes('ASSIGNMENT:worker_id')) throw new FileRefused('NO_ANNOTATOR', 'the table has no column ASSIGNMENT:worker_id; download the assignments of the pool with it');
  }

  look(record: ForeignRecord): void {
    if (record.kind === 'row') {
      const page = record.row.cell('ASSIGNMENT:assignment_id');
      if (this.pages.has(page)) this.severalTasks.add(page);
      this.pages.add(page);
    } else if (record.kind === 'json') {
      this.hasTaskIds = true;
      for (const task of listOf(within(record.value, 'tasks'))) for (const name of Object.keys(membersOf(within(task, 'input_values')))) this.inputs.add(`${INPUT}${name}`);
      for (const solution of listOf(within(record.value, 'solutions'))) for (const name of Object.keys(membersOf(within(solution, 'output_values')))) this.questions.add(name);
    }
  }

  choose(): void {
    this.question = chosen('question', this.questions, this.options.question?.replace(/^OUTPUT:/, ''));
    this.input = chosenInput(this.inputs, this.hasTaskIds ? [taskId] : [], this.options.itemId);
  }

  record(record: ForeignRecord, fates: Fates): void {
    if (record.kind === 'row') return this.task(this.ofRow(record.row, record.at), fates);
    if (record.kind !== 'json' || !isObject(record.value)) throw new RecordFault('MALFORMED', 'the record is no assignment');
    for (const task of this.ofAssignment(record.value, record.at)) {
      try {
        this.task(task, fates);
      } catch (fault) {
        if (!(fault instanceof RecordFault)) throw fault;
        fates.refuse(task.at, fault.code, fault.message);
      }
    }
  }

  private task(task: Task, fates: Fates): void {
    const { at, item, status } = task;
    const { rejected = 'drop', training = 'drop' } = this.options;
    fates.item({ at, item, payload: { ...task.inputs, toloka: { task: task.id } } });
    if (task.hint && training === 'drop') return fates.pass(at, 'TRAINING');
    this.answer(task, rejected === 'keep', fates);
    const truth = task.known == null || status === null ? null : oneOf(this.question, classesIn(this.question, task.known));
    if (truth !== null) fates.gold({ at, item, class: truth });
  }

  private answer(task: Task, keepsRejected: boolean, fates: Fates): void {
    const { at, item, status, page, id } = task;
    if (status === 'REJECTED' && !keepsRejected) return fates.pass(at, 'REJECTED');
    if (!['SUBMITTED', 'APPROVED', 'ACCEPTED', 'REJECTED'].includes(status ?? '')) return fates.pass(at, 'UNFINISHED');
    if (task.submitted === null) fates.note('the file does not tell when answers were submitted: their times are those of the start');
    const isText = typeof task.answer !== 'string' || !/^[[{]/.test(task.answer);
    if (!isText) throw notAClass(this.question, task.answer);
    const answer = task.answer === '' ? null : oneOf(this.question, classesIn(this.question, task.answer));
    const duration = task.isAlone && task.submitted !== null && task.started !== null ? momentIn(task.submitted) - momentIn(task.started) : null;
    voteOrPass(fates, {
      at, item, annotator: task.worker, time: task.submitted ?? task.started, durationMs: duration,
      voteId: page !== null && id !== null ? `toloka:${page}/${id}` : null,
    }, answer);
  }

  private ofRow(row: Row, at: string): Task {
    const cell = (name: string) => row.cell(name) || null;
    const page = cell('ASSIGNMENT:assignment_id');
    return {
      at, page, id: cell(taskId),
      inputs: Object.fromEntries(row.columns.filter((name) => name.startsWith(INPUT)).map((name) => [name.slice(INPUT.length), row.cell(name)])),
      item: cell(this.input), answer: row.cell(`${OUTPUT}${this.question}`), known: cell(`GOLDEN:${this.question}`), hint: cell('HINT:text') !== null,
      worker: cell('ASSIGNMENT:worker_id'), status: cell('ASSIGNMENT:status'), started: cell('ASSIGNMENT:started'), submitted: cell('ASSIGNMENT:submitted'),
      isAlone: page !== null && !this.severalTasks.has(page),
    };
  }

  private ofAssignment(value: JsonObject, at: string): Task[] {
    const tasks = listOf(value.tasks);
    const solutions = listOf(value.solutions);
    return tasks.map((task, n) => {
      const id = written(within(task, 'id'));
      const known = listOf(within(task, 'known_solutions'));
      return {
        at: `${at}/tasks/${n}`, page: written(value.id), id, inputs: plainMembers(within(task, 'input_values')),
        item: this.input === taskId ? id : written(within(task, 'input_values', this.input.slice(INPUT.length))),
        answer: within(solutions[n], 'output_values', this.question),
        known: known.length === 1 ? within(known[0], 'output_values', this.question) : undefined,
        hint: within(task, 'message_on_unknown_solution') !== undefined, worker: written(value.user_id), status: written(value.status),
        started: written(value.created), submitted: written(value.submitted), isAlone: tasks.length === 1,
      };
    });
  }
}

function membersOf(value: Json | undefined): Record<string, unknown> {
  return isObject(value) ? value : {};
}
