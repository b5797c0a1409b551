import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { certificateVersion, type MajorityVoteCertificate as Computed } from '../../aggregation/index.js';
import { Compute } from '../../compute/compute.service.js';
import { notFound } from '../../platform/errors.js';
import type { RequestContext } from '../../platform/request-context.js';
import { Classes } from '../classes.js';
import { RunStatus, type Run } from '../run.entity.js';
import { MajorityVoteCertificate } from './run-certificate.js';
import type { CertificateTask } from './run-certificate.task.js';
import { requireSize, WorkedOutOnce } from './worked-out-once.js';

/**
 * Worked out when somebody asks first, then kept in a row of its own: the run never changes, so that the answer does not
 * either. With the run itself it would cost each automatic run more than the run; asked for again and again, seconds each time.
 *
 * A row is written whole or not at all, so that a process killed at work leaves nothing, and the next caller starts anew. Two
 * processes may each do it; the first to write wins and both answer what is written,
 * so that nobody sees two answers. (A lock that made one wait would hold a transaction open for as long.)
 */
@Injectable()
export class RunCertificates {
  constructor(
    private readonly source: DataSource,
    private readonly compute: Compute,
    private readonly classes: Classes,
    private readonly once: WorkedOutOnce,
  ) {}

  /** Null for a run that did not succeed. Dropped results do not matter: the votes are still there. @throws LIMIT_EXCEEDED where the votes are too many. */
  async find(context: RequestContext, run: Run): Promise<MajorityVoteCertificate | null> {
    if (run.status !== RunStatus.SUCCEEDED) return null;
    const kept = await context.loader<string, MajorityVoteCertificate>('run certificates', (keys) => this.read(keys)).load(keyOf(run));
    if (kept) return kept;
    const classCount = (await this.classes.of(context, run.projectId)).length;
    requireSize(run, classCount, 'a certificate', 'assay certificate VOTES');
    return this.once.share(`certificate ${keyOf(run)}`, 'certificates', (signal) => this.workOut(run, classCount, signal));
  }

  private async workOut(run: Run, classCount: number, signal: AbortSignal): Promise<MajorityVoteCertificate> {
    // Another process may have been first while this one waited.
    const [kept] = await this.read([keyOf(run)]);
    if (kept) return kept;
    const input: CertificateTask = {
      url: (this.source.options as { url: string }).url, projectId: run.projectId, watermark: run.watermark!, itemCount: run.itemCount!, annotatorCount: run.annotatorCount!,
      classCount, readsGold: run.goldCount != null,
    };
    const found = await this.compute.run<CertificateTask, never, Computed>({ module: new URL('./run-certificate.task.js', import.meta.url), input, signal });
    await this.keep(run, found);
    const [written] = await this.read([keyOf(run)]);
    // Nothing is kept of a project that was deleted meanwhile.
    if (!written) throw notFound('run', run.nodeId);
    return written;
  }

  private async keep({ projectId, id }: Run, { verdict, holds, refuted, regret, tieRate, votedItems, evaluatedItems, draws, assumption, advice }: Computed): Promise<void> {
    const figures = [holds, refuted, regret.mean, regret.low, regret.high, tieRate].map((value) => (Number.isNaN(value) ? null : value));
    await this.source.query(
      `insert into run_certificates (project_id, run_id, version, verdict, holds, refuted, regret_mean, regret_low, regret_high, tie_rate,
                                     voted_items, evaluated_items, draws, assumption, advice)
       select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15 from projects where id = $1 on conflict do nothing`,
      [projectId, id, certificateVersion, verdict, ...figures, votedItems, evaluatedItems, draws, assumption, advice],
    );
  }

  private async read(keys: readonly string[]): Promise<(MajorityVoteCertificate | null)[]> {
    const rows: (MajorityVoteCertificate & { key: string })[] = await this.source.query(
      `select project_id || ':' || run_id as key, verdict, holds, refuted, tie_rate as "tieRate", voted_items as "votedItems", evaluated_items as "evaluatedItems", draws, assumption, advice,
              case when regret_mean is not null then json_build_object('mean', regret_mean, 'low', regret_low, 'high', regret_high) end as regret
       from run_certificates
       where version = $2 and (project_id, run_id) in (select split_part(key, ':', 1)::int, split_part(key, ':', 2)::bigint from unnest($1::text[]) key)`,
      [keys, certificateVersion],
    );
    const found = new Map(rows.map(({ key, ...certificate }) => [key, certificate]));
    return keys.map((key) => found.get(key) ?? null);
  }
}

function keyOf(run: Run): string {
  return `${run.projectId}:${run.id}`;
}
