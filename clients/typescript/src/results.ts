import type { CallOptions } from './assay.js';
import type { Project } from './project.js';
import type * as Schema from './schema.js';

export interface PageOptions extends CallOptions {
  /** 1 to 1,000: 500. */
  pageSize?: number;
}

export interface SoftLabelsOptions extends PageOptions {
  /** The current one where none is named. */
  run?: string;
  orderBy?: Schema.SoftLabelOrder;
  filter?: Schema.SoftLabelFilter;
}

export interface SoftLabel extends Pick<Schema.SoftLabel, 'consensus' | 'confidence' | 'entropy' | 'votes' | 'tie' | 'live'> {
  item: string;
  /** By class. */
  probabilities: Record<string, number>;
}

export type AnnotatorFacts = Pick<Schema.Annotator, 'kind' | 'status' | 'votes' | 'quality' | 'accuracy'> & { annotator: string };
export type ItemFacts = Pick<Schema.Item, 'payload' | 'state' | 'flagged' | 'voteCount'> & { item: string };

const voteFields = ['class', 'outcome', 'voteId', 'time', 'durationMs', 'comment', 'guidelineVersion', 'receivedAt', 'state'] as const satisfies readonly (keyof Schema.Vote)[];
export type VoteFacts = Pick<Schema.Vote, (typeof voteFields)[number]> & { item: string; annotator: string };

interface Named { externalId: string }
type LabelNode = Omit<SoftLabel, 'item' | 'probabilities'> & { item: Named; classes: string[]; probabilities: number[] };

const labelFields = 'item { externalId } consensus confidence entropy votes tie live classes probabilities';

export async function* softLabels(project: Project, connection: 'softLabels' | 'liveSoftLabels', { run, orderBy, filter, ...options }: SoftLabelsOptions): AsyncGenerator<SoftLabel> {
  const given = { run: ['ID', run], orderBy: ['SoftLabelOrder', orderBy], filter: ['SoftLabelFilter', filter] } as const;
  for await (const { item, classes, probabilities, ...label } of nodes<LabelNode>(project, connection, labelFields, options, given)) {
    yield { ...label, item: item.externalId, probabilities: Object.fromEntries(classes.map((name, k) => [name, probabilities[k]!])) };
  }
}

export async function* annotators(project: Project, { status, ...options }: PageOptions & { status?: Schema.AnnotatorStatus }): AsyncGenerator<AnnotatorFacts> {
  const fields = 'externalId kind status votes quality accuracy { value low high }';
  for await (const { externalId, ...facts } of nodes<Omit<AnnotatorFacts, 'annotator'> & Named>(project, 'annotators', fields, options, { status: ['AnnotatorStatus', status] })) {
    yield { annotator: externalId, ...facts };
  }
}

export async function* items(project: Project, options: PageOptions): AsyncGenerator<ItemFacts> {
  for await (const { externalId, ...facts } of nodes<Omit<ItemFacts, 'item'> & Named>(project, 'items', 'externalId payload state flagged voteCount', options)) yield { item: externalId, ...facts };
}

export async function* votes(project: Project, options: PageOptions): AsyncGenerator<VoteFacts> {
  const fields = `item { externalId } annotator { externalId } ${voteFields.join(' ')}`;
  for await (const { item, annotator, ...facts } of nodes<Omit<VoteFacts, 'item' | 'annotator'> & { item: Named; annotator: Named }>(project, 'votes', fields, options)) {
    yield { item: item.externalId, annotator: annotator.externalId, ...facts };
  }
}

/** @param given further arguments of the connection: their types, and their values where there are any */
function nodes<Node>(project: Project, connection: string, fields: string, { pageSize = 500, signal }: PageOptions, given: Record<string, readonly [type: string, value: unknown]> = {}): AsyncGenerator<Node> {
  const used = Object.entries(given).filter(([, [, value]]) => value != null);
  const declared = used.map(([name, [type]]) => `, $${name}: ${type}`).join('');
  const passed = used.map(([name]) => `, ${name}: $${name}`).join('');
  const document = `query ($id: ID!, $first: Int!, $after: String${declared}) { project(id: $id) { ${connection}(first: $first, after: $after${passed}) { nodes { ${fields} } pageInfo { hasNextPage endCursor } } } }`;
  const variables = { id: project.id, first: pageSize, ...Object.fromEntries(used.map(([name, [, value]]) => [name, value])) };
  return project.assay.paginate<Node>(document, variables, `project.${connection}`, { signal });
}
