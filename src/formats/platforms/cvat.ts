import { modelLabel, oneOf } from '../foreign/answers.js';
import { chosen } from '../foreign/choosing.js';
import { FileRefused, type Fates } from '../foreign/fates.js';
import { isObject, type Json, type JsonObject, listOf, numberOf, within, written } from '../foreign/json.js';
import type { ImportOptions } from '../foreign/options.js';
import type { Platform, PlatformReader } from '../foreign/platform.js';
import { type ForeignRecord, RecordFault } from '../foreign/record.js';
import { childOf, type XmlElement } from '../foreign/xml.js';

/** The question of the labels themselves. */
const TAGS = 'label';
/** Sources of tags that no person set; those of the merged answers are a model's, too. */
const modelSources = new Set(['auto', 'consensus']);

export const cvat: Platform = {
  id: 'cvat',
  title: 'CVAT',
  files: 'tags of jobs: the export "CVAT for images 1.1" of each job, unpacked, or an object of the API\'s annotations, meta, job and labels',
  forms: ['xml', 'json'],
  heeds: ['question', 'itemId', 'predictions'],
  recognises(beginning) {
    if (beginning.form === 'xml') return ['version', 'meta', 'image'].includes(beginning.element.name);
    return beginning.form === 'json' && isObject(within(beginning.value, 'job')) && within(beginning.value, 'annotations', 'tags') !== undefined;
  },
  open: (options) => new CvatReader(options),
};

/** A tag of an image, from either form of file. */
interface Tag {
  label: string;
  source: string;
  attributes: ReadonlyMap<string, string>;
  id: string | null;
}

interface Job {
  id: string | null;
  task: string | null;
  annotator: string;
}

class CvatReader implements PlatformReader {
  private readonly questions = new Set<string>();
  private question = TAGS;
  private job: Job | null = null;

  constructor(private readonly options: ImportOptions) {}

  begin(): void {
    this.job = null;
  }

  look(record: ForeignRecord): void {
    if (record.kind === 'xml' && record.element.name === 'meta') {
      const labels = childOf(metaOf(record.element), 'labels')?.children ?? [];
      for (const label of labels) this.label(textOf(label, 'name'), (childOf(label, 'attributes')?.children ?? []).map((one) => textOf(one, 'name')));
    } else if (record.kind === 'json') {
      for (const label of listOf(within(record.value, 'labels', 'results') ?? within(record.value, 'labels'))) {
        this.label(written(within(label, 'name')) ?? '', listOf(within(label, 'attributes')).map((one) => written(within(one, 'name')) ?? ''));
      }
    }
  }

  private label(name: string, attributes: readonly string[]): void {
    for (const attribute of attributes) if (attribute !== '') this.questions.add(`${name}/${attribute}`);
  }

  choose(): void {
    if (this.options.question !== undefined && this.options.question !== TAGS) this.question = chosen('question', [TAGS, ...this.questions], this.options.question);
  }

  record(record: ForeignRecord, fates: Fates): void {
    if (record.kind === 'json') return this.api(record.value, fates);
    if (record.kind !== 'xml') return;
    const { element } = record;
    if (element.name === 'meta') this.job = this.jobOf(metaOf(element));
    else if (element.name === 'image') this.image(element, fates);
    else if (element.name !== 'version') fates.note('only images are read, and of them only tags');
  }

  /** @throws FileRefused where nothing tells who answered */
  private jobOf(meta: XmlElement | undefined): Job {
    const id = childOf(meta, 'id')?.text ?? null;
    const { annotator } = this.options;
    if (meta?.name !== 'job' && annotator === undefined) {
      throw new FileRefused('NO_ANNOTATOR', `this is the export of a ${meta?.name ?? 'task'}, which has the merged answers; export each of its jobs, or name who gave them with --annotator`);
    }
    const assignee = childOf(meta, 'assignee', 'username')?.text ?? '';
    if (annotator === undefined && assignee === '') throw new FileRefused('NO_ANNOTATOR', `job ${id ?? ''} has no assignee, and nothing else tells who answered; assign it, or name who did with --annotator`);
    return { id, task: childOf(meta, 'task_id')?.text ?? null, annotator: annotator ?? assignee };
  }

  private image(image: XmlElement, fates: Fates): void {
    const tags = image.children.filter(({ name }) => name === 'tag').map((tag): Tag => ({
      label: tag.attributes.get('label') ?? '', source: tag.attributes.get('source') ?? 'manual', id: null,
      attributes: new Map(tag.children.filter(({ name }) => name === 'attribute').map((one) => [one.attributes.get('name') ?? '', one.text])),
    }));
    const at = `image ${image.attributes.get('id') ?? '?'}`;
    if (!this.job) throw new FileRefused('NO_ANNOTATOR', 'the file has images before its meta, which tells who answered; export the job again');
    this.tagged(at, image.attributes.get('name') ?? null, image.attributes.get('task_id') ?? this.job.task, tags, this.job, false, fates);
  }

  private api(value: Json, fates: Fates): void {
    if (!isObject(value) || !isObject(value.job)) throw new RecordFault('MALFORMED', 'the object has no annotations, meta, job and labels of a job');
    const file: JsonObject = value;
    const { job, meta } = file;
    const assignee = this.options.annotator ?? written(within(job, 'assignee', 'username'));
    const id = written(within(job, 'id'));
    if (assignee === null) throw new FileRefused('NO_ANNOTATOR', `job ${id ?? ''} has no assignee, and nothing else tells who answered; assign it, or name who did with --annotator`);
    const labels = listOf(within(file, 'labels', 'results') ?? file.labels);
    const specs = new Map(labels.flatMap((label) => listOf(within(label, 'attributes'))).map((one) => [written(within(one, 'id')), written(within(one, 'name')) ?? '']));
    const names = new Map(labels.map((label) => [written(within(label, 'id')), written(within(label, 'name')) ?? '']));
    const start = numberOf(within(meta, 'start_frame')) ?? 0;
    const deleted = new Set(listOf(within(meta, 'deleted_frames')).map(numberOf));
    const isUnfinished = written(within(job, 'state')) !== 'completed';
    listOf(within(meta, 'frames')).forEach((frame, n) => {
      if (deleted.has(start + n)) return;
      const at = `image ${start + n}`;
      if (isUnfinished) return fates.pass(at, 'UNFINISHED');
      const tags = listOf(within(file, 'annotations', 'tags')).filter((tag) => numberOf(within(tag, 'frame')) === start + n).map((tag): Tag => ({
        label: names.get(written(within(tag, 'label_id'))) ?? '', source: written(within(tag, 'source')) ?? 'manual', id: written(within(tag, 'id')),
        attributes: new Map(listOf(within(tag, 'attributes')).map((one) => [specs.get(written(within(one, 'spec_id'))) ?? '', written(within(one, 'value')) ?? ''])),
      }));
      this.tagged(at, written(within(frame, 'name')), written(within(job, 'task_id')), tags, { id, task: null, annotator: assignee }, written(within(job, 'type')) === 'ground_truth', fates);
    });
  }

  private tagged(at: string, name: string | null, task: string | null, tags: readonly Tag[], job: Job, isGold: boolean, fates: Fates): void {
    const item = this.options.itemId === 'task/name' && name !== null && task !== null ? `${task}/${name}` : name;
    fates.item({ at, item, payload: { cvat: { job: job.id, task } } });
    const answered = tags.flatMap((tag) => {
      const answer = this.answerOf(tag);
      return answer === null ? [] : [{ ...tag, answer }];
    });
    const people = answered.filter(({ source }) => !modelSources.has(source));
    const models = answered.filter(({ source }) => modelSources.has(source));
    for (const { source, answer } of models) modelLabel(fates, this.options, { at, item, model: 'cvat', version: source, answer, score: null });
    try {
      const answer = oneOf(this.question, people.map((tag) => tag.answer));
      if (answer === null && models.length === 0) fates.pass(at, 'NO_ANSWER');
      if (answer === null) return;
      if (isGold && this.options.gold !== 'ignore') return fates.gold({ at, item, class: answer, reason: `ground truth of job ${job.id ?? '?'}` });
      const tag = people[0]!;
      fates.vote({ at, item, annotator: job.annotator, answer: { class: answer }, voteId: tag.id !== null && job.id !== null ? `cvat:${job.id}/${tag.id}` : null });
    } catch (fault) {
      if (!(fault instanceof RecordFault)) throw fault;
      fates.refuse(at, fault.code, fault.message);
    }
  }

  private answerOf({ label, attributes }: Tag): string | null {
    if (this.question === TAGS) return label === '' ? null : label;
    const [wanted, attribute] = [this.question.slice(0, this.question.lastIndexOf('/')), this.question.slice(this.question.lastIndexOf('/') + 1)];
    return label === wanted ? attributes.get(attribute) || null : null;
  }
}

/** What the export is of: a job, a task or a project. */
function metaOf(meta: XmlElement): XmlElement | undefined {
  return childOf(meta, 'job') ?? childOf(meta, 'task') ?? childOf(meta, 'project');
}

function textOf(element: XmlElement, name: string): string {
  return childOf(element, name)?.text ?? '';
}
