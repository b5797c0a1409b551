import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Compute } from '../../compute/compute.service.js';
import type { Item } from '../../items/item.entity.js';
import { ItemsService } from '../../items/items.service.js';
import { currentSignal } from '../../platform/budget.js';
import { queryByIndex } from '../../platform/database/by-index.js';
import { Keyset, type ConnectionOf, type PageArgs } from '../../platform/graphql/pagination.js';
import type { RequestContext } from '../../platform/request-context.js';
import type { Project } from '../../projects/project.entity.js';
import type { ProjectRulesInput } from '../../projects/projects.inputs.js';
import { ProjectsService } from '../../projects/projects.service.js';
import { ItemState } from '../../rules/item-state.js';
import type { DryRunInput, DryRunResult } from './dry-run.task.js';

export interface ItemStanding {
  state: ItemState;
  flagged: boolean;
  leases: number;
}

const byCode = new Keyset<Item>([{ sql: 'counts.item_code', type: 'int4' }], (item) => [item.code]);

const allStates: readonly ItemState[] = [ItemState.OPEN, ItemState.DONE, ItemState.CONTESTED, ItemState.ADJUDICATED];

@Injectable()
export class ItemStates {
  constructor(
    private readonly source: DataSource,
    private readonly items: ItemsService,
    private readonly projects: ProjectsService,
    private readonly compute: Compute,
  ) {}

  /** One statement for all of a request's items. */
  async of(context: RequestContext, { projectId, code }: Item): Promise<ItemStanding> {
    const standing = await context.loader<number, ItemStanding>(`item-states:${projectId}`, async (codes) => {
      const rows: (ItemStanding & { code: number })[] = await this.source.query(
        `select item_code as code, state, flagged, leases from item_counts where project_id = $1 and item_code = any($2)`, [projectId, codes],
      );
      const found = new Map(rows.map((row) => [row.code, row]));
      return codes.map((one) => found.get(one) ?? null);
    }).load(code);
    return standing!;
  }

  /** In the order in which items became known. */
  async page(project: Project, args: PageArgs, state: ItemState | null, flagged: boolean | null): Promise<ConnectionOf<Item>> {
    if (state == null && flagged == null) return this.items.page(project, args);
    // Each pair of what is not filtered by has a place of its own in the index: a page's worth is read from each, eight at most.
    const states = state == null ? allStates : [state];
    const pairs = states.flatMap((one) => (flagged == null ? [false, true] : [flagged]).map((flag) => ({ state: one, flagged: flag })));
    const parameters: unknown[] = [project.id, pairs.map((pair) => pair.state), pairs.map((pair) => pair.flagged)];
    const { where, orderBy, order, limit } = byCode.page(args, parameters, [
      { sql: 'counts.state', value: 'wanted.state' }, { sql: 'counts.flagged', value: 'wanted.flagged' },
    ]);
    const rows = await queryByIndex<{ code: number }>(this.source,
      `select page.code from unnest($2::int2[], $3::boolean[]) as wanted(state, flagged)
       cross join lateral (
         select counts.item_code as code from item_counts counts where counts.project_id = $1 and counts.item_code >= 0 and counts.state >= 0 and ${where} order by ${orderBy} limit ${limit}
       ) page
       order by page.code ${order[0]!.direction} limit ${limit}`,
      parameters,
    );
    const items = await this.items.byCodes(project.id, rows.map((row) => row.code));
    return byCode.connection(args, items.map((item) => item!), (item) => item);
  }

  /** @throws INVALID_INPUT for rules that updateProject would refuse. */
  async dryRun(project: Project, input: ProjectRulesInput) {
    const { minVotes, maxVotes, confidence, policy, overlapShare, doneRule, priorityRule, flagRule } = this.projects.withRules(project, input);
    const { moves, flaggedNow, flaggedThen } = await this.compute.run<DryRunInput, never, DryRunResult>({
      module: new URL('./dry-run.task.js', import.meta.url),
      signal: currentSignal(),
      input: {
        url: (this.source.options as { url: string }).url, projectId: project.id,
        rules: { classes: project.classes, minVotes, maxVotes, confidence, policy, coldStart: false, overlapShare, doneRule, priorityRule, flagRule },
      },
    });
    const changes = moves.map((items, at) => ({ from: Math.floor(at / 4), to: at % 4, items })).filter(({ from, to, items }) => from !== to && items > 0);
    return { changed: changes.reduce((sum, { items }) => sum + items, 0), moves: changes, flaggedNow, flaggedThen };
  }
}
