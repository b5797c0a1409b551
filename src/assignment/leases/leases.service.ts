import { Injectable } from '@nestjs/common';
import { AnnotatorsService } from '../../annotators/annotators.service.js';
import { touchItems } from '../../items/touched-items.js';
import { ItemsService } from '../../items/items.service.js';
import { invalid } from '../../platform/errors.js';
import { readGlobalId } from '../../platform/graphql/global-id.js';
import { requireRowCount } from '../../platform/row-result.js';
import { excerpt, textFault } from '../../platform/text.js';
import { Transactions } from '../../platform/database/transaction.js';
import type { Project } from '../../projects/project.entity.js';
import { VotesService } from '../../votes/votes.service.js';
import { LeaseResult, LeaseStatus } from './leases.inputs.js';
import { LeasesStore } from './leases.store.js';

/** What the holder of leases may do with them. Whoever is not the holder learns no more than that they are not. */
@Injectable()
export class LeasesService {
  constructor(
    private readonly transactions: Transactions,
    private readonly annotators: AnnotatorsService,
    private readonly items: ItemsService,
    private readonly votes: VotesService,
    private readonly store: LeasesStore,
  ) {}

  /** Live leases last so many seconds from now on; those that ended or expired stay as they are. */
  async heartbeat(project: Project, annotator: string, ids: readonly string[], seconds: number | null): Promise<LeaseResult[]> {
    const { code, leases } = await this.named(project, annotator, ids);
    const held = new Map((await this.store.heartbeat(project.id, code, leases.filter((id) => id > 0), seconds ?? project.leaseSeconds)).map((row) => [row.id, row.expiresAt]));
    return leases.map((id, index) => (held.has(id) ? { index, status: LeaseStatus.LIVE, expiresAt: held.get(id)! } : notHeld(index, ids[index]!)));
  }

  /** The items go back to the queue at once. */
  async release(project: Project, annotator: string, ids: readonly string[]): Promise<LeaseResult[]> {
    const { code, leases } = await this.named(project, annotator, ids);
    const ended = await this.transactions.run(async (transaction) => {
      const released = await this.store.release(transaction, project.id, code, leases.filter((id) => id > 0));
      await touchItems(transaction, project.id, released.map((row) => row.item));
      return new Set(released.map((row) => row.id));
    });
    return leases.map((id, index) => (ended.has(id) ? { index, status: LeaseStatus.RELEASED } : notHeld(index, ids[index]!)));
  }

  /** A SKIP in the vote log: the item is not given to this annotator again. Also for a lease that has expired, as a late vote would be. */
  async skip(project: Project, annotator: string, ids: readonly string[]): Promise<LeaseResult[]> {
    const { code, leases } = await this.named(project, annotator, ids);
    const itemOf = await this.store.itemsOf(project.id, code, leases.filter((id) => id > 0));
    const items = await this.items.byCodes(project.id, leases.map((id) => itemOf.get(id) ?? -1));
    const rows = items.filter((item) => item != null).map((item) => ({ item: item.externalId, annotator, outcome: 'SKIP' as const }));
    if (rows.length > 0) await this.votes.submit(project, rows);
    return items.map((item, index) => (item ? { index, status: LeaseStatus.SKIPPED } : notHeld(index, ids[index]!)));
  }

  /** The numbers of the leases; 0 for an id that is none of this project's. */
  private async named(project: Project, annotator: string, ids: readonly string[]): Promise<{ code: number; leases: number[] }> {
    requireRowCount(ids, 'input.leases');
    const [code] = textFault(annotator) ? [-1] : await this.annotators.dictionary.codes(project.id, [annotator], false, project.annotatorErasures);
    if (code! < 0) throw invalid(`annotator ${excerpt(annotator)} is not in the project`, 'input.annotator');
    const leases = ids.map((id) => {
      const [projectId, leaseId] = readGlobalId('Lease', id);
      return projectId === project.id && leaseId != null ? leaseId : 0;
    });
    return { code: code!, leases };
  }
}

function notHeld(index: number, id: string): LeaseResult {
  return {
    index, status: LeaseStatus.REJECTED, code: 'NOT_HELD',
    message: `the annotator holds no live lease ${excerpt(id)}: it ended, expired, or is somebody else's; a vote on the item is taken all the same`,
  };
}
