import { oneOf, secondsOf, voteOrPass } from '../foreign/answers.js';
import { chosen } from '../foreign/choosing.js';
import { FileRefused, type Fates } from '../foreign/fates.js';
import { elementClasses, elementsIn } from '../foreign/form-elements.js';
import { isObject, type Json, type JsonObject, listOf, plain, within, written } from '../foreign/json.js';
import { quoted } from '../foreign/ledger.js';
import type { ImportOptions } from '../foreign/options.js';
import type { ForeignFile, Platform, PlatformReader } from '../foreign/platform.js';
import { type ForeignRecord, RecordFault } from '../foreign/record.js';

const METADATA = '-metadata';

export const sagemaker: Platform = {
  id: 'sagemaker',
  title: 'Amazon SageMaker Ground Truth',
  files: 'answers of workers: annotations/worker-response/.../*.json, requests of consolidation, and output manifests with annotationsFromAllWorkers; with --gold only also the labels of manifests',
  forms: ['json'],
  lists: ['answers', 'humanAnswers'],
  heeds: ['question', 'annotatorId'],
  recognises: (beginning) => beginning.form === 'json' && isObject(beginning.value) && (
    (within(beginning.value, 'workerId') !== undefined && within(beginning.value, 'answerContent') !== undefined)
    || within(beginning.value, 'datasetObjectId') !== undefined
    || jobsOf(beginning.value).length > 0),
  open: (options) => new SageMakerReader(options),
};

/** Jobs that a line of a manifest is about. */
function jobsOf(value: JsonObject): string[] {
  return Object.keys(value).filter((name) => name.endsWith(METADATA) && within(value[name], 'job-name') !== undefined).map((name) => name.slice(0, -METADATA.length));
}

/** One worker's answers to the questions about one object. */
interface Answered {
  at: string;
  worker: JsonObject;
  /** The elements of the form; null where they are in another file. */
  content: () => JsonObject;
  time?: string | null;
  durationMs?: number | null;
}

class SageMakerReader implements PlatformReader {
  private readonly questions = new Set<string>();
  private readonly consolidated = new Set<string>();
  private hasWorkers = false;
  private question = '';
  /** Of worker-response files, which do not name it. */
  private folder: string | null = null;

  constructor(private readonly options: ImportOptions) {}

  begin({ path }: Pick<ForeignFile, 'name' | 'path'>): void {
    this.folder = /(?:^|[/\\])iteration-\d+[/\\]([^/\\]+)[/\\][^/\\]+$/.exec(path)?.[1] ?? null;
  }

  look(record: ForeignRecord): void {
    if (record.kind !== 'json' || !isObject(record.value)) return;
    const { answered, labels } = answersIn(record.value, record.at);
    for (const job of labels) this.consolidated.add(job);
    for (const { content } of answered) {
      this.hasWorkers = true;
      try {
        for (const name of Object.keys(content())) this.questions.add(name);
      } catch (fault) {
        // Told when the answers are read.
        if (!(fault instanceof RecordFault)) throw fault;
      }
    }
  }

  choose(): void {
    const { question, gold } = this.options;
    if (gold === 'only') {
      this.question = chosen('question', this.consolidated, question);
      return;
    }
    if (!this.hasWorkers && this.consolidated.size > 0) {
      const jobs = [...this.consolidated].sort();
      throw new FileRefused('NO_VOTES_IN_FILE', `the file holds one consolidated label an item, of ${jobs.map(quoted).join(' and ')}; the answers of workers are in the folder annotations/worker-response; --gold only reads the labels as gold`, jobs);
    }
    this.question = chosen('question', this.questions, question);
  }

  record(record: ForeignRecord, fates: Fates): void {
    if (record.kind !== 'json' || !isObject(record.value)) throw new RecordFault('MALFORMED', 'the record is no answer, request or line of a manifest');
    const { at, value } = record;
    const { answered, item = this.folder, isFailed } = answersIn(value, at);
    if (this.options.gold === 'only') return this.goldOf(value, at, item, fates);
    const source = written(value.source) ?? written(within(value, 'dataObject', 'content'));
    fates.item({ at, item, payload: { ...(source === null ? {} : { source }), sageMaker: { object: plain(value.datasetObjectId ?? null) } } });
    if (answered.length === 0 || isFailed) return fates.pass(at, 'NO_ANSWER');
    for (const one of answered) {
      try {
        const answer = oneOf(this.question, elementClasses(this.question, one.content()[this.question]));
        voteOrPass(fates, { at: one.at, item, annotator: this.annotatorOf(one.worker), time: one.time, durationMs: one.durationMs }, answer);
      } catch (fault) {
        if (!(fault instanceof RecordFault)) throw fault;
        fates.refuse(one.at, fault.code, fault.message);
      }
    }
  }

  private goldOf(value: JsonObject, at: string, item: string | null, fates: Fates): void {
    const metadata = value[`${this.question}${METADATA}`];
    const label = written(within(metadata, 'class-name'));
    if (label === null || within(metadata, 'human-annotated') !== 'yes') return fates.pass(at, 'NO_ANSWER');
    fates.gold({ at, item, class: label });
  }

  private annotatorOf(worker: JsonObject): string | null {
    return this.options.annotatorId === 'sub' ? written(within(worker, 'workerMetadata', 'identityData', 'sub')) : written(worker.workerId);
  }
}

/** What a record holds: answers of workers, and jobs of which it has only the consolidated label. */
function answersIn(value: JsonObject, at: string): { answered: Answered[]; item?: string | null; labels: string[]; isFailed: boolean } {
  if (value.answerContent !== undefined) {
    const answered = { at, worker: value, content: () => objectOf(value.answerContent), time: written(value.submissionTime), durationMs: secondsOf(value.timeSpentInSeconds) };
    return { answered: [answered], labels: [], isFailed: false };
  }
  if (Array.isArray(value.annotations)) {
    const item = written(within(value, 'dataObject', 's3Uri')) ?? written(value.datasetObjectId);
    return { answered: workersOf(value.annotations, `${at}/annotations`), item, labels: [], isFailed: false };
  }
  const jobs = jobsOf(value);
  const isOfWorkers = (job: string) => within(value[job], 'annotationsFromAllWorkers') !== undefined;
  const isFailed = jobs.some((job) => within(value[`${job}${METADATA}`], 'failure-reason') !== undefined);
  return {
    answered: jobs.filter(isOfWorkers).flatMap((job) => workersOf(listOf(within(value[job], 'annotationsFromAllWorkers')), at)),
    item: written(value['source-ref']) ?? written(value.source), isFailed,
    labels: jobs.filter((job) => !isOfWorkers(job) && within(value[`${job}${METADATA}`], 'class-name') !== undefined),
  };
}

function workersOf(annotations: readonly Json[], at: string): Answered[] {
  return annotations.map((annotation, n) => ({
    at: `${at}/${n}`, worker: objectOf(annotation),
    content() {
      const data = within(annotation, 'annotationData');
      const text = written(within(data, 'content'));
      if (text !== null) return elementsIn('content', text);
      const elsewhere = written(within(data, 's3Uri'));
      throw new RecordFault('MISSING', elsewhere === null ? 'the answer has no content' : `the answer is in another file, ${quoted(elsewhere)}; download it, and put its text into content`);
    },
  }));
}

function objectOf(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}
