import { oneOf, voteOrPass } from '../foreign/answers.js';
import { chosen, chosenInput } from '../foreign/choosing.js';
import { FileRefused, type Fates } from '../foreign/fates.js';
import { elementClasses, elementsIn } from '../foreign/form-elements.js';
import { isObject, type Json, within, written } from '../foreign/json.js';
import { quoted } from '../foreign/ledger.js';
import type { ImportOptions } from '../foreign/options.js';
import type { ForeignFile, Platform, PlatformReader } from '../foreign/platform.js';
import { type ForeignRecord, RecordFault, type Row } from '../foreign/record.js';
import { childOf, parseXml } from '../foreign/xml.js';
import { momentIn } from '../text/moment.js';

const ANSWER = 'Answer.';
const INPUT = 'Input.';
const taskAnswers = 'Answer.taskAnswers';
const LABEL = '.label';

export const mturk: Platform = {
  id: 'mturk',
  title: 'Amazon Mechanical Turk',
  files: 'batch results (CSV), and the JSON of list-assignments-for-hit',
  forms: ['table', 'json'],
  lists: ['Assignments'],
  table: {
    known: /^(HITId|WorkerId|AssignmentId|AssignmentStatus|SubmitTime|Input\..*|Answer\..*)$/,
    // The site leaves the last two cells out of rows where nothing was entered.
    mayLack: (columns) => (columns.at(-2) === 'Approve' && columns.at(-1) === 'Reject' ? 2 : 0),
  },
  heeds: ['question', 'itemId', 'pair', 'rejected', 'goldColumn'],
  recognises(beginning) {
    if (beginning.form === 'table') return beginning.columns.includes('WorkerId') && beginning.columns.some((name) => name.startsWith(ANSWER));
    return beginning.form === 'json' && within(beginning.value, 'WorkerId') !== undefined && within(beginning.value, 'AssignmentId') !== undefined;
  },
  open: (options) => new MturkReader(options),
};

/** The answers of one assignment by question; null for one that was not answered. @throws RecordFault */
type Answers = (question: string) => string | null;

interface Assignment {
  at: string;
  id: string | null;
  hit: string | null;
  worker: string | null;
  status: string | null;
  /** What the requester noted against it. */
  reject: string;
  time: string | null;
  durationMs: number | null;
}

class MturkReader implements PlatformReader {
  private columns: readonly string[] = [];
  private readonly answerColumns = new Set<string>();
  private readonly inputs = new Set<string>();
  /** Answer columns with anything but true and false. */
  private readonly texts = new Set<string>();
  private readonly elements = new Set<string>();
  private hasHits = false;
  private question = '';
  private input = '';

  constructor(private readonly options: ImportOptions) {}

  begin(_: Pick<ForeignFile, 'name'>, columns: readonly string[] | null): void {
    this.columns = columns ?? [];
    for (const name of this.columns) {
      if (name.startsWith(ANSWER)) this.answerColumns.add(name);
      if (name.startsWith(INPUT)) this.inputs.add(name);
      if (name === 'HITId') this.hasHits = true;
    }
    if (columns && !columns.includes('WorkerId')) throw new FileRefused('NO_ANNOTATOR', 'the table has no column WorkerId; download the results of the batch with it');
  }

  look(record: ForeignRecord): void {
    if (record.kind === 'row') {
      for (const name of this.answerColumns) if (!this.texts.has(name) && !/^(true|false|)$/i.test(record.row.cell(name))) this.texts.add(name);
      const text = record.row.cell(taskAnswers);
      // What is no JSON is told when the answers are read.
      if (text !== '') for (const name of namesIn(text)) this.elements.add(name);
    } else if (record.kind === 'json') {
      this.hasHits = true;
      for (const name of Object.keys(xmlAnswers(written(within(record.value, 'Answer')), true))) this.elements.add(name);
    }
  }

  choose(): void {
    if (this.options.pair) {
      const unknown = [...this.options.pair.keys()].find((input) => !this.inputs.has(input));
      if (unknown !== undefined) throw new FileRefused('NO_SUCH_INPUT', `--pair names the input ${quoted(unknown)}, and the file has ${[...this.inputs].sort().join(', ')}`, [...this.inputs].sort());
      for (const question of this.options.pair.values()) chosen('question', this.questions(), question);
      return;
    }
    this.question = chosen('question', this.questions(), this.options.question?.replace(/^Answer\./, ''));
    this.input = chosenInput(this.inputs, this.hasHits ? ['HITId'] : [], this.options.itemId);
  }

  private questions(): string[] {
    const columns = [...this.answerColumns].filter((name) => name !== taskAnswers);
    return [...columns.map((name) => this.questionOf(name)), ...this.elements];
  }

  /** The question that a column answers: Q of Answer.Q, of Answer.Q.label, and of Answer.Q.A where A is ticked or not. */
  private questionOf(column: string): string {
    const name = column.slice(ANSWER.length);
    if (name.endsWith(LABEL)) return name.slice(0, -LABEL.length);
    return name.includes('.') && !this.texts.has(column) ? name.slice(0, name.lastIndexOf('.')) : name;
  }

  record(record: ForeignRecord, fates: Fates): void {
    if (record.kind === 'row') return this.row(record.row, record.at, fates);
    if (record.kind !== 'json' || !isObject(record.value)) throw new RecordFault('MALFORMED', 'the record is no assignment');
    const { value } = record;
    const submitted = written(value.SubmitTime);
    const accepted = written(value.AcceptTime);
    const assignment: Assignment = {
      at: record.at, id: written(value.AssignmentId), hit: written(value.HITId), worker: written(value.WorkerId), status: written(value.AssignmentStatus), reject: '', time: submitted,
      durationMs: submitted !== null && accepted !== null ? momentIn(submitted) - momentIn(accepted) : null,
    };
    if (this.isRejected(assignment)) return fates.pass(record.at, 'REJECTED');
    const answer = oneOf(this.question, elementClasses(this.question, xmlAnswers(written(value.Answer), false)[this.question]));
    this.give(assignment, assignment.hit, answer, fates);
  }

  private row(row: Row, at: string, fates: Fates): void {
    const cell = (name: string) => row.cell(name) || null;
    const seconds = /^\d+(\.\d+)?$/.test(row.cell('WorkTimeInSeconds')) ? Number(row.cell('WorkTimeInSeconds')) * 1000 : null;
    const assignment: Assignment = {
      at, id: cell('AssignmentId'), hit: cell('HITId'), worker: cell('WorkerId'), status: cell('AssignmentStatus'), reject: row.cell('Reject'),
      time: cell('SubmitTime'), durationMs: this.options.pair ? null : seconds,
    };
    const { goldColumn } = this.options;
    if (!this.options.pair) {
      const item = cell(this.input);
      fates.item({ at, item, payload: payloadOf(row, assignment) });
      if (goldColumn !== undefined && row.cell(goldColumn) !== '') fates.gold({ at, item, class: row.cell(goldColumn) });
    }
    if (this.isRejected(assignment)) return fates.pass(at, 'REJECTED');
    const answers = this.answersOf(row);
    if (!this.options.pair) return this.give(assignment, cell(this.input), answers(this.question), fates);
    let n = 0;
    for (const [input, question] of this.options.pair) {
      const place = `${at}/${++n}`;
      const item = cell(input);
      if (item === null) {
        fates.pass(place, 'EMPTY_SLOT');
        continue;
      }
      fates.item({ at: place, item, payload: payloadOf(row, assignment) });
      try {
        this.give({ ...assignment, at: place, id: assignment.id === null ? null : `${assignment.id}/${n}` }, item, answers(question), fates);
      } catch (fault) {
        if (!(fault instanceof RecordFault)) throw fault;
        fates.refuse(place, fault.code, fault.message);
      }
    }
  }

  private give({ at, id, worker, time, durationMs }: Assignment, item: string | null, answer: string | null, fates: Fates): void {
    voteOrPass(fates, { at, item, annotator: worker, time, durationMs, voteId: id === null ? null : `mturk:${id}` }, answer);
  }

  private isRejected({ status, reject }: Assignment): boolean {
    return this.options.rejected !== 'keep' && (status === 'Rejected' || (status !== 'Approved' && reject !== ''));
  }

  private answersOf(row: Row): Answers {
    return (question) => {
      const columns = this.columns.filter((name) => this.answerColumns.has(name) && name !== taskAnswers && this.questionOf(name) === question);
      if (columns.length === 0) return oneOf(question, elementClasses(question, row.cell(taskAnswers) === '' ? null : elementsIn(taskAnswers, row.cell(taskAnswers))[question]));
      const boxes = columns.filter((name) => name !== `${ANSWER}${question}` && name !== `${ANSWER}${question}${LABEL}`);
      if (boxes.length > 0) return oneOf(question, boxes.filter((name) => /^true$/i.test(row.cell(name))).map((name) => name.slice(name.lastIndexOf('.') + 1)));
      const text = row.cell(columns[0]!);
      return text === '' || text === '{}' ? null : oneOf(question, elementClasses(question, /^(\[\s*\{|\{\s*")/.test(text) ? elementOr(text) : text));
    };
  }
}

/** A text that is JSON as its value. */
function elementOr(text: string): Json {
  try {
    return text.startsWith('[') ? Object.values(elementsIn('', `{"a":${text}}`))[0]! : elementsIn('', text);
  } catch (fault) {
    if (fault instanceof RecordFault) return text;
    throw fault;
  }
}

function namesIn(text: string): string[] {
  try {
    return Object.keys(elementsIn(taskAnswers, text));
  } catch (fault) {
    if (fault instanceof RecordFault) return [];
    throw fault;
  }
}

/** Answers as QuestionFormAnswers has them. @param isLook whether what cannot be read is told later */
function xmlAnswers(text: string | null, isLook: boolean): Record<string, string> {
  if (text === null) return {};
  try {
    const answers = parseXml(text).children.filter(({ name }) => name === 'Answer');
    return Object.fromEntries(answers.map((answer) => [childOf(answer, 'QuestionIdentifier')?.text ?? '', (childOf(answer, 'FreeText') ?? childOf(answer, 'SelectionIdentifier'))?.text ?? '']));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    if (isLook) return {};
    throw new RecordFault('MALFORMED', `Answer is no XML of QuestionFormAnswers: ${error.message}`);
  }
}

function payloadOf(row: Row, { hit }: Assignment): object {
  return { ...Object.fromEntries(row.columns.filter((name) => name.startsWith(INPUT)).map((name) => [name.slice(INPUT.length), row.cell(name)])), mturk: { hit } };
}
