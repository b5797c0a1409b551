import { randomBytes } from 'node:crypto';
import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AnnotatorsService } from '../../annotators/annotators.service.js';
import { LeasesStore } from '../../assignment/leases/leases.store.js';
import { Events, MISSED } from '../../events/events.service.js';
import { defineTopic } from '../../events/topic.js';
import { touchItems } from '../../items/touched-items.js';
import { databaseTime } from '../../platform/database/clock.js';
import { Transactions, type Transaction } from '../../platform/database/transaction.js';
import { notFound } from '../../platform/errors.js';
import { connectionType, Keyset, readPage, type ConnectionOf, type PageArgs } from '../../platform/graphql/pagination.js';
import { textFault } from '../../platform/text.js';
import { Audit, type Actor } from '../../projects/audit/audit.js';
import { holdProject } from '../../projects/project-access.js';
import type { Project } from '../../projects/project.entity.js';
import { lockVotes } from '../../projects/vote-lock.js';
import { AnnotatorErasure } from './annotator-erasure.entity.js';
import { CommentsWork } from './comments-work.js';
import { Mentions } from './mentions.js';
import { replaceMentions } from './places.js';

export const AnnotatorErasureConnection = connectionType(AnnotatorErasure);

const newestFirst = new Keyset<AnnotatorErasure>([{ sql: 'erasure.id', type: 'int8', descending: true }], (erasure) => [erasure.id]);

const annotatorErased = defineTopic<{ projectId: number }>('annotator_erased');

/** Makes a person's votes nobody's: what tells who they were goes, what they said of items stays under a pseudonym. */
@Injectable()
export class AnnotatorErasures implements OnApplicationBootstrap {
  constructor(
    private readonly source: DataSource,
    private readonly transactions: Transactions,
    private readonly audit: Audit,
    private readonly events: Events,
    private readonly annotators: AnnotatorsService,
    private readonly leases: LeasesStore,
    private readonly work: CommentsWork,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    // What is held in memory of ids is passed over from the erasure on; this lets it go.
    await this.events.on(annotatorErased, (news) => {
      if (news !== MISSED) this.annotators.dictionary.forget(news.projectId);
    });
  }

  /**
   * The id is gone when this returns, and in a short log the comments; from a long one a job removes them.
   * @throws NOT_FOUND for whom the project does not know, those among them who were erased: nothing remembers them
   */
  async erase(project: Project, actor: Actor, externalId: string): Promise<AnnotatorErasure> {
    const absent = () => notFound('annotator', externalId);
    if (textFault(externalId)) throw absent();
    // Of the person it says nothing, not even by a hash.
    const pseudonym = `erased-${randomBytes(9).toString('base64url')}`;
    const id = await this.transactions.run(async (transaction) => {
      // After this lock no writer of votes is between its look-up of codes and its commit; the next finds that they changed.
      await lockVotes(transaction, project.id, 'exclusive');
      await holdProject(transaction, project.id);
      // Nor does anybody make annotators, or change their status and name them in the audit log.
      await transaction.query(`select 1 from project_codes where project_id = $1 for update`, [project.id]);
      const [[annotator]]: [{ code: number }[], number] = await transaction.query(
        `update annotators set external_id = $3, status = 'BLOCKED', status_reason = null, capacity = null where project_id = $1 and external_id = $2 returning code`,
        [project.id, externalId, pseudonym],
      );
      if (!annotator) throw absent();
      const changed = { annotators: 1, ...await this.elsewhere(transaction, project.id, annotator.code, externalId, pseudonym) };
      const erasure = await this.note(transaction, project.id, annotator.code, changed);
      const isDone = await this.work.step(transaction, erasure);
      if (!isDone) await this.work.send(transaction, project.id, erasure.id);
      await this.audit.record(transaction, actor, 'eraseAnnotator', project.id, { annotator: pseudonym, changed });
      await this.events.publish(annotatorErased, { projectId: project.id }, transaction);
      return erasure.id;
    });
    return this.source.getRepository(AnnotatorErasure).findOneByOrFail({ projectId: project.id, id });
  }

  async page(project: Project, args: PageArgs): Promise<ConnectionOf<AnnotatorErasure>> {
    const query = this.source.getRepository(AnnotatorErasure).createQueryBuilder('erasure').where('erasure.project_id = :projectId', { projectId: project.id });
    return readPage(query, newestFirst, args);
  }

  private async elsewhere(transaction: Transaction, projectId: number, code: number, externalId: string, pseudonym: string): Promise<Record<string, number>> {
    const changed: Record<string, number> = {};
    const count = ([, rows]: [unknown, number], place: string) => {
      if (rows > 0) changed[place] = (changed[place] ?? 0) + rows;
    };
    await transaction.query(`select set_config('assay.forgetting', 'on', true)`);
    const live: { id: number }[] = await transaction.query(`select id from leases where project_id = $1 and annotator_code = $2 and ended_at is null`, [projectId, code]);
    const released = await this.leases.release(transaction, projectId, code, live.map((lease) => lease.id));
    await touchItems(transaction, projectId, released.map(({ item }) => item));
    count([null, released.length], 'leases');
    const now = await databaseTime(transaction);
    count(await transaction.query(
      `update api_keys set annotator = $3, name = 'the key of an erased annotator', revoked_at = coalesce(revoked_at, $4) where project_id = $1 and annotator = $2`,
      [projectId, externalId, pseudonym, now],
    ), 'api_keys');
    const mentions = new Mentions(externalId, pseudonym);
    // A caller's key cannot be rewritten: its answer would not be found again.
    count(await transaction.query(`delete from idempotency_keys where project_id = $1 and position($2 in key) > 0`, [projectId, externalId]), 'idempotency_keys');
    for (const [place, rows] of Object.entries(await replaceMentions(transaction, projectId, mentions))) count([null, rows], place);
    count(await transaction.query(`update pgboss.job set output = null where data->>'projectId' = $1 and position($2 in output::text) > 0`, [String(projectId), mentions.needle]), 'jobs');
    count(await transaction.query(`update pgboss.archive set output = null where data->>'projectId' = $1 and position($2 in output::text) > 0`, [String(projectId), mentions.needle]), 'jobs');
    await transaction.query(`update projects set annotator_erasures = annotator_erasures + 1 where id = $1`, [projectId]);
    return changed;
  }

  private async note(transaction: Transaction, projectId: number, code: number, changed: object): Promise<AnnotatorErasure> {
    const now = await databaseTime(transaction);
    const [row]: { id: number }[] = await transaction.query(
      `insert into annotator_erasures (project_id, annotator_code, erased_at, due_at, next_seq, last_seq, changed)
       values ($1, $2, $3, $3, 0, (select coalesce(max(seq), 0) from votes where project_id = $1), $4) returning id::float8 as id`, [projectId, code, now, JSON.stringify(changed)],
    );
    return transaction.getRepository(AnnotatorErasure).findOneByOrFail({ projectId, id: row!.id });
  }
}
