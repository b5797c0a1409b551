import { classesIn, modelLabel, notAClass, oneOf, secondsOf, voteOrPass } from '../foreign/answers.js';
import { chosen } from '../foreign/choosing.js';
import type { Fates } from '../foreign/fates.js';
import { isObject, type Json, type JsonObject, listOf, numberOf, plain, plainMembers, within, written } from '../foreign/json.js';
import { quoted } from '../foreign/ledger.js';
import type { ImportOptions } from '../foreign/options.js';
import type { Platform, PlatformReader } from '../foreign/platform.js';
import { type ForeignRecord, RecordFault } from '../foreign/record.js';
import type { XmlElement } from '../foreign/xml.js';
import { editedId } from '../foreign/versions.js';

/** Types of results that are classes. */
const classTypes = new Set(['choices', 'rating', 'pairwise', 'taxonomy']);
/** Members that a value has when it is about a part of the item. */
const regionKeys = ['start', 'end', 'x', 'y', 'points', 'ranges', 'rle', 'vertices', 'globalOffsets'];

export const labelStudio: Platform = {
  id: 'label-studio',
  title: 'Label Studio',
  files: 'JSON exports of tasks with their annotations, and storage exports; those before 1.0, too; beside them label_config.xml',
  forms: ['json', 'xml'],
  heeds: ['question', 'itemId', 'annotatorId', 'predictions'],
  recognises: (beginning) => beginning.form === 'json' && isTask(beginning.value),
  open: (options) => new LabelStudioReader(options),
};

function isTask(value: Json): boolean {
  if (!isObject(value)) return false;
  return isObject(value.data) && (Array.isArray(value.annotations) || Array.isArray(value.completions)) || (isObject(value.task) && 'result' in value);
}

class LabelStudioReader implements PlatformReader {
  private readonly questions = new Set<string>();
  /** Questions of other types. */
  private readonly others = new Set<string>();
  private question = '';

  constructor(private readonly options: ImportOptions) {}

  look(record: ForeignRecord): void {
    if (record.kind === 'xml') return this.lookAtConfig(record.element);
    if (record.kind !== 'json') return;
    for (const { annotation } of taskOf(record.value, record.at).annotations) {
      for (const result of listOf(annotation.result)) {
        const name = written(within(result, 'from_name'));
        const type = written(within(result, 'type'));
        if (name === null || type === null) continue;
        if (classTypes.has(type)) this.questions.add(name);
        else this.others.add(`${name} (${type})`);
      }
    }
  }

  /** A control of the configuration, and those within it. */
  private lookAtConfig(element: XmlElement): void {
    const name = element.attributes.get('name');
    const type = element.name.toLowerCase();
    if (name !== undefined && element.attributes.has('toName')) {
      if (classTypes.has(type)) this.questions.add(name);
      else this.others.add(`${name} (${type})`);
    }
    element.children.forEach((child) => this.lookAtConfig(child));
  }

  choose(): void {
    const { question } = this.options;
    const others = this.others.size > 0 ? `, only: ${[...this.others].sort().join(', ')}` : '';
    // A file of skips alone names no question.
    if (question !== undefined && this.questions.size + this.others.size === 0) this.question = question;
    else this.question = chosen('question', this.questions, question, others);
  }

  record(record: ForeignRecord, fates: Fates): void {
    if (record.kind !== 'json') return;
    const { at } = record;
    if (!isTask(record.value)) throw new RecordFault('MALFORMED', 'the record is no task of Label Studio: it has no data and annotations');
    const { task, annotations } = taskOf(record.value, at);
    const item = this.itemOf(task);
    const platform = { labelStudio: { task: plain(task.id ?? null), project: plain(task.project ?? null) } };
    fates.item({ at, item, payload: { ...plainMembers(task.data), ...platform } });
    if (annotations.length === 0) fates.pass(at, 'NO_ANSWER');
    for (const one of annotations) this.guarded(one.at, fates, () => this.annotation(one.annotation, one.at, item, fates));
    listOf(task.drafts).forEach((_, n) => fates.pass(`${at}/drafts/${n}`, 'DRAFT'));
    listOf(task.predictions).forEach((prediction, n) => this.guarded(`${at}/predictions/${n}`, fates, () => this.prediction(prediction, `${at}/predictions/${n}`, item, fates)));
  }

  private annotation(annotation: JsonObject, at: string, item: string | null, fates: Fates): void {
    const id = written(annotation.id);
    const time = written(annotation.updated_at) ?? written(annotation.created_at);
    const vote = {
      at, item, annotator: this.annotatorOf(annotation), time, durationMs: secondsOf(annotation.lead_time),
      voteId: id === null ? null : editedId(`ls:${id}`, written(annotation.created_at), written(annotation.updated_at)),
    };
    if (annotation.was_cancelled === true || annotation.skipped === true) return fates.vote({ ...vote, answer: { outcome: 'SKIP' } });
    const answer = this.answerIn(annotation.result);
    if (annotation.ground_truth === true && this.options.gold !== 'ignore') {
      if (answer === null) return fates.pass(at, 'NO_ANSWER');
      return fates.gold({ at, item, class: answer, reason: `ground truth of annotation ${id ?? '?'}` });
    }
    if (Array.isArray(annotation.reviews) && annotation.reviews.length > 0) fates.note('annotations with reviews are read as they stand');
    voteOrPass(fates, vote, answer);
  }

  private prediction(prediction: Json, at: string, item: string | null, fates: Fates): void {
    if (!isObject(prediction)) return fates.pass(at, 'PREDICTION');
    const answer = this.options.predictions === undefined ? null : this.answerIn(prediction.result);
    modelLabel(fates, this.options, { at, item, model: 'label-studio', version: written(prediction.model_version) ?? 'undefined', answer, score: numberOf(prediction.score) });
  }

  /** The class that the results of the question name; null where it was not answered. @throws RecordFault */
  private answerIn(results: Json | undefined): string | null {
    const { question } = this;
    const mine = listOf(results).filter((result) => written(within(result, 'from_name')) === question);
    const classes = mine.flatMap((result) => {
      const value = within(result, 'value');
      const region = regionKeys.find((key) => within(value, key) !== undefined);
      if (region) throw new RecordFault('PER_REGION', `${quoted(question)} was answered for a part of the item (${region} ${written(within(value, region)) ?? ''}); votes are on whole items`);
      return valueClasses(question, within(result, 'type'), value);
    });
    return oneOf(question, classes);
  }

  private itemOf(task: JsonObject): string | null {
    const { itemId } = this.options;
    return written(itemId === undefined ? task.id : within(task, ...itemId.split('.')));
  }

  private annotatorOf({ completed_by: by }: JsonObject): string | null {
    const { annotatorId } = this.options;
    if (!isObject(by)) return annotatorId === undefined || annotatorId === 'id' ? written(by) : null;
    return written(by[annotatorId ?? 'id']);
  }

  private guarded(at: string, fates: Fates, read: () => void): void {
    try {
      read();
    } catch (fault) {
      if (!(fault instanceof RecordFault)) throw fault;
      fates.refuse(at, fault.code, fault.message);
    }
  }
}

/** The classes of one result. @throws RecordFault */
function valueClasses(question: string, type: Json | undefined, value: Json | undefined): string[] {
  switch (type) {
    case 'choices': return classesIn(question, within(value, 'choices'));
    case 'rating': return classesIn(question, within(value, 'rating')).filter((rating) => rating !== '0');
    case 'pairwise': return classesIn(question, within(value, 'selected'));
    case 'taxonomy': return listOf(within(value, 'taxonomy')).map((path) => classesIn(question, path).join(' / '));
    default: throw notAClass(question, value);
  }
}

/** A task with its annotations; an annotation of a storage export has its task within. */
function taskOf(value: Json, at: string): { task: JsonObject; annotations: { annotation: JsonObject; at: string }[] } {
  if (!isObject(value)) return { task: {}, annotations: [] };
  if (isObject(value.task) && 'result' in value) return { task: value.task, annotations: [{ annotation: value, at }] };
  const name = Array.isArray(value.completions) ? 'completions' : 'annotations';
  const annotations = listOf(value[name]).flatMap((annotation, n) => (isObject(annotation) ? [{ annotation, at: `${at}/${name}/${n}` }] : []));
  return { task: value, annotations };
}
