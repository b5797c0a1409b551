import { classesIn, modelLabel, oneOf, voteOrPass } from '../foreign/answers.js';
import { chosen } from '../foreign/choosing.js';
import { FileRefused, type Fates } from '../foreign/fates.js';
import { isObject, type Json, type JsonObject, listOf, numberOf, plainMembers, within, written } from '../foreign/json.js';
import { quoted } from '../foreign/ledger.js';
import type { ImportOptions } from '../foreign/options.js';
import type { Platform, PlatformReader } from '../foreign/platform.js';
import { type ForeignRecord, RecordFault } from '../foreign/record.js';

const RESPONSES = '.responses';
const SUGGESTION = '-suggestion';

export const argilla: Platform = {
  id: 'argilla',
  title: 'Argilla',
  files: 'records with their responses as JSON or a record a line: of version 2 flattened, of version 1 as on the Hub, of the API; of version 2 nested with --status-missing',
  forms: ['json'],
  lists: ['items'],
  heeds: ['question', 'itemId', 'predictions', 'statusMissing'],
  recognises: (beginning) => beginning.form === 'json' && isObject(beginning.value) && flavourOf(beginning.value) !== null,
  open: (options) => new ArgillaReader(options),
};

interface Flavour {
  /** Questions that the record answers; each with whether its answers are classes. */
  questions(value: JsonObject): [name: string, isClass: boolean][];
  /** @throws RecordFault where the record as a whole is refused */
  responses(value: JsonObject, question: string): Response[];
  item(value: JsonObject): string | null;
  suggestion(value: JsonObject, question: string): { value: Json | undefined; score: Json | undefined; agent: Json | undefined };
  fields(value: JsonObject): Record<string, unknown>;
}

interface Response {
  value: Json | undefined;
  user: Json | undefined;
  /** undefined where the file does not tell it. */
  status: string | undefined;
  voteId?: string | null;
  time?: string | null;
}

const isClassValue = (value: Json | undefined) => !isObject(value) && !listOf(value).some(isObject);

/** `to_list(flatten=True)` and what becomes of it: three lists of a question run in parallel. */
const flat: Flavour = {
  questions: (value) => Object.keys(value).filter((name) => name.endsWith(RESPONSES)).map((name) => [name.slice(0, -RESPONSES.length), listOf(value[name]).every(isClassValue)]),
  responses(value, question) {
    const values = listOf(value[`${question}${RESPONSES}`]);
    const users = listOf(value[`${question}${RESPONSES}.users`]);
    const statuses = listOf(value[`${question}${RESPONSES}.status`]);
    if (values.length !== users.length || values.length !== statuses.length) {
      throw new RecordFault('MALFORMED', `${quoted(question)} has ${values.length} responses of ${users.length} users with ${statuses.length} states; nothing tells which belong together, export the records again`);
    }
    return values.map((one, n) => ({ value: one, user: users[n], status: written(statuses[n]) ?? '' }));
  },
  item: (value) => written(value.id) ?? written(value._server_id),
  suggestion: (value, question) => ({ value: value[`${question}.suggestion`], score: value[`${question}.suggestion.score`], agent: value[`${question}.suggestion.agent`] }),
  fields: (value) => plainMembers(Object.fromEntries(Object.entries(value).filter(([name]) => !/\.(responses|suggestion)(\.|$)/.test(name) && !['id', '_server_id', 'status'].includes(name)))),
};

/** `to_json` and `to_list()`, which leave the status of responses out. */
const nested: Flavour = {
  questions: (value) => Object.entries(membersOf(value.responses)).map(([name, responses]) => [name, listOf(responses).every((one) => isClassValue(within(one, 'value')))]),
  responses: (value, question) => listOf(within(value, 'responses', question)).map((one) => ({ value: within(one, 'value'), user: within(one, 'user_id'), status: written(within(one, 'status')) ?? undefined })),
  item: (value) => written(value.id) ?? written(value._server_id),
  suggestion: (value, question) => ({ value: within(value, 'suggestions', question, 'value'), score: within(value, 'suggestions', question, 'score'), agent: within(value, 'suggestions', question, 'agent') }),
  fields: (value) => plainMembers(value.fields),
};

/** Data sets of version 1 on the Hub. */
const first: Flavour = {
  questions: (value) => Object.keys(value).filter((name) => `${name}${SUGGESTION}` in value).map((name) => [name, listOf(value[name]).every((one) => isClassValue(within(one, 'value')))]),
  responses: (value, question) => listOf(value[question]).map((one) => ({ value: within(one, 'value'), user: within(one, 'user_id'), status: written(within(one, 'status')) ?? '' })),
  item: (value) => written(value.external_id),
  suggestion: (value, question) => ({ value: value[`${question}${SUGGESTION}`], score: within(value[`${question}${SUGGESTION}-metadata`], 'score'), agent: within(value[`${question}${SUGGESTION}-metadata`], 'agent') }),
  fields(value) {
    const questions = first.questions(value).map(([name]) => name);
    return plainMembers(Object.fromEntries(Object.entries(value).filter(([name]) => name !== 'external_id' && !questions.some((question) => name === question || name.startsWith(`${question}${SUGGESTION}`)))));
  },
};

/** Records of the API: one response a user, with an answer to each question. */
const api: Flavour = {
  questions(value) {
    const answers = listOf(value.responses).flatMap((response) => Object.entries(membersOf(within(response, 'values'))));
    const names = [...new Set(answers.map(([name]) => name))];
    return names.map((name) => [name, answers.every(([other, answer]) => other !== name || isClassValue(within(answer, 'value')))]);
  },
  responses: (value, question) => listOf(value.responses).map((one) => {
    const id = written(within(one, 'id'));
    const updated = written(within(one, 'updated_at'));
    return { value: within(one, 'values', question, 'value'), user: within(one, 'user_id'), status: written(within(one, 'status')) ?? '', time: updated, voteId: id === null ? null : `argilla:${id}${updated === null ? '' : `@${updated}`}` };
  }),
  item: (value) => written(value.external_id) ?? written(value.id),
  // Suggestions name their question by a number that the records do not tell.
  suggestion: () => ({ value: undefined, score: undefined, agent: undefined }),
  fields: (value) => plainMembers(value.fields),
};

function flavourOf(value: JsonObject): Flavour | null {
  if (Array.isArray(value.responses) && isObject(value.fields)) return api;
  if (isObject(value.responses) && isObject(value.fields)) return nested;
  const names = Object.keys(value);
  if (names.some((name) => name.endsWith(RESPONSES))) return flat;
  return 'external_id' in value && names.some((name) => name.endsWith(SUGGESTION)) ? first : null;
}

class ArgillaReader implements PlatformReader {
  /** Each with whether its answers are classes. */
  private readonly questions = new Map<string, boolean>();
  private lacksStatus = false;
  private question = '';

  constructor(private readonly options: ImportOptions) {}

  look(record: ForeignRecord): void {
    const value = record.kind === 'json' && isObject(record.value) ? record.value : null;
    const flavour = value && flavourOf(value);
    if (!value || !flavour) return;
    for (const [name, isClass] of flavour.questions(value)) {
      this.questions.set(name, (this.questions.get(name) ?? true) && isClass);
      if (flavour === nested && flavour.responses(value, name).some(({ status }) => status === undefined)) this.lacksStatus = true;
    }
  }

  choose(): void {
    const { question, statusMissing } = this.options;
    const offered = [...this.questions].filter(([name, isClass]) => isClass || name === question).map(([name]) => name);
    this.question = chosen('question', offered, question);
    if (!this.questions.get(this.question)) {
      throw new FileRefused('NOT_CLASSES', `the answers to ${quoted(this.question)} are rankings, spans or texts in parts; only questions whose answers are classes can be read`, [this.question]);
    }
    if (this.lacksStatus && statusMissing !== 'submitted') {
      throw new FileRefused('STATUS_MISSING', 'the file does not tell which answers were submitted: drafts and discarded ones stand among them; export with to_list(flatten=True), or take all for submitted by --status-missing submitted');
    }
  }

  record(record: ForeignRecord, fates: Fates): void {
    const { at } = record;
    const value = record.kind === 'json' && isObject(record.value) ? record.value : null;
    const flavour = value && flavourOf(value);
    if (!value || !flavour) throw new RecordFault('MALFORMED', 'the record is none of Argilla: it has no responses');
    const { itemId } = this.options;
    const item = itemId === undefined ? flavour.item(value) : written(within(value, ...itemId.split('.')));
    fates.item({ at, item, payload: { ...flavour.fields(value), argilla: { record: written(value._server_id) ?? written(value.id) } } });
    this.suggestion(flavour.suggestion(value, this.question), `${at}/suggestion`, item, fates);
    const responses = flavour.responses(value, this.question);
    if (responses.length === 0) fates.pass(at, 'NO_ANSWER');
    responses.forEach((response, n) => {
      try {
        this.response(response, `${at}/${n}`, item, fates);
      } catch (fault) {
        if (!(fault instanceof RecordFault)) throw fault;
        fates.refuse(`${at}/${n}`, fault.code, fault.message);
      }
    });
  }

  private response({ value, user, status, time, voteId }: Response, at: string, item: string | null, fates: Fates): void {
    if (status === 'draft') return fates.pass(at, 'DRAFT');
    const name = written(user);
    const vote = { at, item, annotator: name === 'None' ? null : name, time, voteId };
    if (status === 'discarded') return fates.vote({ ...vote, answer: { outcome: 'SKIP' } });
    voteOrPass(fates, vote, oneOf(this.question, classesIn(this.question, value)));
  }

  private suggestion({ value, score, agent }: ReturnType<Flavour['suggestion']>, at: string, item: string | null, fates: Fates): void {
    if (value == null) return;
    if (Array.isArray(value) && value.length !== 1) return fates.pass(at, this.options.predictions === 'spread' ? 'NO_SCORE' : 'PREDICTION');
    const answer = written(Array.isArray(value) ? value[0] : value);
    modelLabel(fates, this.options, { at, item, model: 'argilla', version: written(agent) ?? 'undefined', answer, score: numberOf(Array.isArray(score) ? score[0] : score) });
  }
}

function membersOf(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}
