import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { readInLane } from '../../platform/database/binary-copy-reader.js';
import { queryByIndex } from '../../platform/database/by-index.js';
import { invalid } from '../../platform/errors.js';
import { connectionType, Keyset, type ConnectionOf, type KeyColumn, type PageArgs } from '../../platform/graphql/pagination.js';
import type { RequestContext } from '../../platform/request-context.js';
import { excerpt } from '../../platform/text.js';
import type { Project } from '../../projects/project.entity.js';
import { bestClass, entropy, findingsPer, tiedClasses } from '../../aggregation/index.js';
import { globalId } from '../../platform/graphql/global-id.js';
import type { OrderPart, RunKey } from '../../results/blocks.js';
import { LabelFigures, type Figure, type Range, type Wanted } from '../../results/label-figures.js';
import { BEFORE_ITEMS, BEHIND_ITEMS, isBefore, walkItems, walkOrder, type Place, type Stretch } from '../../results/label-order.js';
import { OldResults } from '../../results/old-results.service.js';
import { readLabels } from '../../results/stored-labels.js';
import type { Run } from '../run.entity.js';
import { orderedFindings, SoftLabel, SortDirection, type SoftLabelFilter, type SoftLabelOrder } from './soft-label.entity.js';

export const SoftLabelConnection = connectionType(SoftLabel);

const LIVE = `label.project_id as "projectId", label.run_id as "runId", label.item_code as "itemCode", label.consensus as "consensusIndex",
  label.probabilities, label.confidence, label.entropy, label.votes, label.tie, true as live, label.updated_at as "updatedAt"`;

/** The figures that a run keeps its labels in the order of, by the name the API gives them; and of the filter. */
const orders: Readonly<Record<string, OrderPart>> = { CONFIDENCE: 'confidence', ENTROPY: 'entropy', VOTES: 'votes' };

/** What stands for an unknown figure, so that it comes last and a cursor can hold it: no figure reaches it. */
const BEYOND_ALL = 1e308;

/** A label, and what its page is ordered by beside the items. */
type OrderedLabel = SoftLabel & { place: number | null };

const byItem = new Keyset<SoftLabel>([{ sql: 'label.item_code', type: 'int4' }], (label) => [label.itemCode]);

@Injectable()
export class SoftLabelsService {
  constructor(
    private readonly source: DataSource,
    private readonly old: OldResults,
    private readonly figures: LabelFigures,
  ) {}

  /** One page: from the order that was asked for where the filter leaves all of it or one stretch; else by a look at all labels of the run. */
  async page(project: Project, run: Run | null, filter: SoftLabelFilter, { field, direction }: SoftLabelOrder, args: PageArgs): Promise<ConnectionOf<SoftLabel>> {
    const by = field === 'ITEM' ? null : orders[field] ?? findingOf(run, orderedFindings.get(field)!.name, 'orderBy.field', orderedFindings.get(field)!.methods);
    const keyset = keysetOf(field, direction);
    const wanted = wantedBy(filter, project, run);
    const stretch = placesOf(keyset.stretch(args), by != null);
    if (!run) return keyset.connection(args, [], (row) => row);
    const key = { projectId: project.id, runId: run.id };
    if (!run.labelBlocksSince) await this.old.ready(key);
    const places = await this.places(key, run.itemCount ?? 0, wanted, by, direction === SortDirection.DESC ? -BEYOND_ALL : BEYOND_ALL, stretch);
    const labels = await this.ofRun(key, project.classes.length, places.map(({ item }) => item));
    const rows = places.flatMap(({ value, item }) => {
      const label = labels.get(item);
      return label ? [Object.assign(label, { place: by == null ? null : value })] : [];
    });
    return keyset.connection(args, rows, ({ place: _, ...row }) => Object.assign(new SoftLabel(), row));
  }

  private places(key: RunKey, N: number, { consensus, tie, ranges }: Wanted, by: Figure | null, unknown: number, stretch: Stretch): Promise<Place[]> | Place[] {
    const isWhole = consensus == null && tie == null && ranges.every(({ figure }) => figure === by);
    if (!isWhole || typeof by === 'number') return this.figures.find(readInLane(this.source), key, N, { consensus, tie, ranges }, by, unknown, stretch);
    const byIndex = { query: <Row>(sql: string, parameters: unknown[]) => queryByIndex<Row>(this.source, sql, parameters) };
    if (by == null) return walkItems(byIndex, key, { ...stretch, above: stretch.above.item, below: Math.min(stretch.below.item, N) }).then((items) => items.map((item) => ({ value: 0, item })));
    return walkOrder(byIndex, key, by, ranges.reduce(cutBy, stretch));
  }

  /** The labels that changed after the current run read its votes, in the order of items. */
  async livePage(project: Project, args: PageArgs): Promise<ConnectionOf<SoftLabel>> {
    const parameters: unknown[] = [project.id, project.currentRunId];
    const { where, orderBy, limit } = byItem.page(args, parameters);
    const rows = await queryByIndex<SoftLabel>(this.source,
      `select ${LIVE} from live_labels label where label.project_id = $1 and label.run_id = $2 and ${where} order by ${orderBy} limit ${limit}`, parameters,
    );
    return byItem.connection(args, rows, (row) => Object.assign(new SoftLabel(), row));
  }

  /** Of the named run as it found them; else as they are now by the project's current one. All items asked for at once are one reading. */
  load(context: RequestContext, projectId: number, runId: number | null, itemCode: number): Promise<SoftLabel | null> {
    return context.loader<number, SoftLabel>(`softLabels:${projectId}:${runId ?? 'current'}`, async (codes) => {
      const [run] = await this.source.query<{ id: number; K: number; inBlocks: boolean }[]>(
        `select run.id, cardinality(project.classes) as "K", run.label_blocks_since is not null as "inBlocks"
         from projects project join runs run on run.project_id = project.id and run.id = coalesce($2::bigint, project.current_run_id) where project.id = $1`, [projectId, runId],
      );
      if (!run) return codes.map(() => null);
      const key = { projectId, runId: run.id };
      if (!run.inBlocks) await this.old.ready(key);
      const found = await this.ofRun(key, run.K, codes);
      if (runId == null) {
        const live: SoftLabel[] = await this.source.query(`select ${LIVE} from live_labels label where label.project_id = $1 and label.item_code = any($2) and label.run_id = $3`, [projectId, codes, run.id]);
        // A live label takes the place of the run's own.
        for (const row of live) found.set(row.itemCode, Object.assign(new SoftLabel(), row));
      }
      context.budget?.spendNumbers(found.size * run.K);
      return codes.map((code) => found.get(code) ?? null);
    }).load(itemCode);
  }

  private async ofRun(key: RunKey, K: number, codes: readonly number[]): Promise<Map<number, SoftLabel>> {
    if (codes.length === 0) return new Map();
    const labels = await readLabels(this.source, key, K, codes);
    return new Map(Array.from(labels, ([itemCode, { votes, probabilities }]) => {
      const consensusIndex = bestClass(probabilities, 0, K);
      return [itemCode, Object.assign(new SoftLabel(), {
        ...key, itemCode, consensusIndex, probabilities: Array.from(probabilities), confidence: probabilities[consensusIndex]!, entropy: entropy(probabilities, 0, K), votes,
        tie: tiedClasses(probabilities, 0, K) > 1, live: false, updatedAt: null,
      })];
    }));
  }
}

/** The run that a page's cursor belongs to, or null without a cursor. */
export function runOfCursor(args: PageArgs): number | null {
  const cursor = args.after ?? args.before;
  if (cursor == null) return null;
  try {
    const runId = (JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[]).at(-1);
    if (Number.isSafeInteger(runId)) return runId as number;
  } catch {
    // Falls through to the one refusal.
  }
  throw invalid(`${excerpt(cursor)} is not a cursor of this connection; use an endCursor or startCursor as it came`, args.after != null ? 'after' : 'before');
}

/** The run ends every cursor: the pages behind a cursor are of the same run, whatever becomes current meanwhile. */
function keysetOf(field: string, direction: SortDirection): Keyset<OrderedLabel> {
  const descending = direction === SortDirection.DESC;
  const column: KeyColumn[] = field === 'ITEM' ? [] : [{ sql: field, type: field === 'VOTES' ? 'int4' : 'float8' }];
  const all: KeyColumn[] = [...column, { sql: 'item', type: 'int4' }, { sql: 'run', type: 'int8' }];
  return new Keyset(all.map((one) => ({ ...one, descending })), ({ place, itemCode, runId }) => [...(place == null ? [] : [place]), itemCode, runId]);
}

/** The ends of a page as places; without a cursor, those before and behind all. @param hasValue whether the keys begin with the figure of an order */
function placesOf({ above, below, ...rest }: ReturnType<Keyset<OrderedLabel>['stretch']>, hasValue: boolean): Stretch {
  const placeOf = (key: (number | string)[] | null, end: Place): Place => {
    if (!key) return end;
    return hasValue ? { value: key[0] as number, item: key[1] as number } : { value: 0, item: key[0] as number };
  };
  return { ...rest, above: placeOf(above, { value: -Infinity, item: BEFORE_ITEMS }), below: placeOf(below, { value: Infinity, item: BEHIND_ITEMS }) };
}

/** The stretch as far as it lies in a range of its own figure. */
function cutBy(stretch: Stretch, { min, max }: Range): Stretch {
  const [low, high] = [{ value: min, item: BEFORE_ITEMS }, { value: max, item: BEHIND_ITEMS }];
  return { ...stretch, above: isBefore(stretch.above, low) ? low : stretch.above, below: isBefore(high, stretch.below) ? high : stretch.below };
}

/** The place of a finding among those of the run. @throws INVALID_INPUT where the run's method has none of that name. */
function findingOf(run: Run | null, name: string, field: string, methods: readonly string[]): number {
  // Without a run there is no label whose figure could be missed.
  if (!run) return 0;
  const at = run.itemFindings?.indexOf(name) ?? -1;
  if (at < 0) {
    throw invalid(`the run ${globalId('Run', run.projectId, run.id)} is of method ${run.methodId} and has no ${name}; name a run of ${methods.join(' or ')}`, field);
  }
  return at;
}

/** @throws INVALID_INPUT for a class the project does not have, for ranges that are upside down, and for figures that the run does not have. */
function wantedBy(filter: SoftLabelFilter, project: Project, run: Run | null): Wanted {
  const wanted: Wanted & { ranges: Range[] } = { ranges: [] };
  const within = (figure: Figure, field: string, { min, max }: { min?: number | null; max?: number | null }) => {
    if (min != null && max != null && min > max) throw invalid(`${field}: min ${min} is above max ${max}`, field);
    if (min != null || max != null) wanted.ranges.push({ figure, min: min ?? -Infinity, max: max ?? Infinity });
  };
  const classIndex = (name: string, field: string) => {
    const index = project.classes.indexOf(name);
    if (index < 0) throw invalid(`${field} ${excerpt(name)} is not among the project's classes ${excerpt(project.classes)}`, field);
    return index;
  };
  const finding = (name: string, field: string) => findingOf(run, name, field, specs.get(name)!.methods);

  if (filter.class != null) wanted.consensus = classIndex(filter.class, 'filter.class');
  if (filter.tie != null) wanted.tie = filter.tie;
  for (const name of ['confidence', 'entropy', 'votes'] as const) within(name, `filter.${name}`, filter[name] ?? {});
  for (const name of ['difficulty', 'disagreement'] as const) if (filter[name]) within(finding(name, `filter.${name}`), `filter.${name}`, filter[name]);
  const { confusionProbability: confusion, ...topTwo } = filter.topTwo ?? {};
  const equal = (name: string, value: number) => within(finding(name, `filter.topTwo.${name}`), `filter.topTwo.${name}`, { min: value, max: value });
  for (const name of ['first', 'second'] as const) if (topTwo[name] != null) equal(name, classIndex(topTwo[name], `filter.topTwo.${name}`));
  if (confusion) within(finding('confusionProbability', 'filter.topTwo.confusionProbability'), 'filter.topTwo.confusionProbability', confusion);
  for (const name of ['tied', 'disagreesWithMajority'] as const) if (topTwo[name] != null) equal(name, Number(topTwo[name]));
  return wanted;
}

const specs = new Map(findingsPer('item').map((spec) => [spec.name, spec]));
