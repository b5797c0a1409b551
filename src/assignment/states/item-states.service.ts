import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Compute } from '../../compute/compute.service.js';
import { Item } from '../../items/item.entity.js';
import { Keyset, readPage, type ConnectionOf, type PageArgs } from '../../platform/graphql/pagination.js';
import type { RequestContext } from '../../platform/request-context.js';
import type { Project } from '../../projects/project.entity.js';
import type { ProjectRulesInput } from '../../projects/projects.inputs.js';
import { ProjectsService } from '../../projects/projects.service.js';
import type { ItemState } from '../../rules/item-state.js';
import type { DryRunInput, DryRunResult } from './dry-run.task.js';

export interface ItemStanding {
  state: ItemState;
  flagged: boolean;
  leases: number;
}

const byCode = new Keyset<Item>([{ sql: 'item.code', type: 'int4' }], (item) => [item.code]);

@Injectable()
export class ItemStates {
  constructor(
    private readonly source: DataSource,
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

  page(project: Project, args: PageArgs, state: ItemState | null, flagged: boolean | null): Promise<ConnectionOf<Item>> {
    const query = this.source.getRepository(Item).createQueryBuilder('item')
      .innerJoin('item_counts', 'counts', 'counts.project_id = item.project_id and counts.item_code = item.code')
      .where('item.project_id = :projectId', { projectId: project.id });
    if (state != null) query.andWhere('counts.state = :state', { state });
    if (flagged != null) query.andWhere('counts.flagged = :flagged', { flagged });
    return readPage(query, byCode, args);
  }

  /** @throws INVALID_INPUT for rules that updateProject would refuse. */
  async dryRun(project: Project, input: ProjectRulesInput) {
    const { minVotes, maxVotes, confidence, policy, overlapShare, doneRule, priorityRule, flagRule } = this.projects.withRules(project, input);
    const { moves, flaggedNow, flaggedThen } = await this.compute.run<DryRunInput, never, DryRunResult>({
      module: new URL('./dry-run.task.js', import.meta.url),
      input: {
        url: (this.source.options as { url: string }).url, projectId: project.id,
        rules: { minVotes, maxVotes, confidence, policy, coldStart: false, overlapShare, doneRule, priorityRule, flagRule },
      },
    });
    const changes = moves.map((items, at) => ({ from: Math.floor(at / 4), to: at % 4, items })).filter(({ from, to, items }) => from !== to && items > 0);
    return { changed: changes.reduce((sum, { items }) => sum + items, 0), moves: changes, flaggedNow, flaggedThen };
  }
}
