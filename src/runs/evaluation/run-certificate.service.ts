import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { beyondRequests } from '../../platform/budget.js';
import { certificateVersion, type MajorityVoteCertificate as Computed } from '../../aggregation/index.js';
import { Compute } from '../../compute/compute.service.js';
import { AssayError, limitExceeded } from '../../platform/errors.js';
import type { RequestContext } from '../../platform/request-context.js';
import { Classes } from '../classes.js';
import { RunStatus, type Run } from '../run.entity.js';
import { MajorityVoteCertificate } from './run-certificate.js';
import type { CertificateTask } from './run-certificate.task.js';

/** Votes (or items, if these are more) x K, and (annotator, class used) x K, of which a fit goes over as often as it iterates: some half a minute. */
const LARGEST_NUMBERS = 2 ** 24;
const LARGEST_MATRICES = 2 ** 22;
/** Certificates under way or waiting in one process; who asks for more is told to come back. */
const MOST_WAITING = 16;

/**
 * Worked out when somebody asks first, then kept in a row of its own: the run never changes, so that the answer does not
 * either. With the run itself it would cost each automatic run more than the run; asked for again and again, seconds each time.
 *
 * A row is written whole or not at all, so that a process killed at work leaves nothing, and the next caller starts anew. Callers
 * of one process share one computation. Two processes may each do it; the first to write wins and both answer what is written,
 * so that nobody sees two answers. (A lock that made one wait would hold a transaction open for as long.)
 */
@Injectable()
export class RunCertificates implements OnModuleDestroy {
  private readonly underWay = new Map<string, Promise<MajorityVoteCertificate>>();
  private readonly stopping = new AbortController();
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly source: DataSource,
    private readonly compute: Compute,
    private readonly classes: Classes,
  ) {}

  /** Null for a run that did not succeed. Dropped results do not matter: the votes are still there. @throws LIMIT_EXCEEDED where the votes are too many. */
  async find(context: RequestContext, run: Run): Promise<MajorityVoteCertificate | null> {
    if (run.status !== RunStatus.SUCCEEDED) return null;
    const kept = await context.loader<string, MajorityVoteCertificate>('run certificates', (keys) => this.read(keys)).load(keyOf(run));
    return kept ?? this.share(run, (await this.classes.of(context, run.projectId)).length);
  }

  onModuleDestroy(): void {
    this.stopping.abort(new Error('the process is stopping'));
  }

  private share(run: Run, classCount: number): Promise<MajorityVoteCertificate> {
    const key = keyOf(run);
    const shared = this.underWay.get(key);
    if (shared) return shared;
    requireSize(run, classCount);
    if (this.underWay.size >= MOST_WAITING) {
      throw new AssayError('LIMIT_EXCEEDED', `${this.underWay.size} certificates are being worked out already; ask for this one again in a while`, { retryAfterSeconds: 10, status: 429 });
    }
    // One at a time: each has a thread and a connection, and one query may ask for many.
    // It is others' too, and kept: the caller who asked first may meet a deadline before it is there.
    const mine = this.turn.then(() => beyondRequests(() => this.workOut(run, classCount))).finally(() => this.underWay.delete(key));
    this.underWay.set(key, mine);
    this.turn = mine.catch(() => undefined);
    return mine;
  }

  private async workOut(run: Run, classCount: number): Promise<MajorityVoteCertificate> {
    // Another process may have been first while this one waited.
    const [kept] = await this.read([keyOf(run)]);
    if (kept) return kept;
    const input: CertificateTask = {
      url: (this.source.options as { url: string }).url, projectId: run.projectId, watermark: run.watermark!, itemCount: run.itemCount!, annotatorCount: run.annotatorCount!,
      classCount, readsGold: run.goldCount != null,
    };
    try {
      const found = await this.compute.run<CertificateTask, never, Computed>({
        module: new URL('./run-certificate.task.js', import.meta.url), input, signal: this.stopping.signal,
      });
      await this.keep(run, found);
    } catch (error) {
      if (this.stopping.signal.aborted) throw new AssayError('UNAVAILABLE', 'the server stops; ask again', { retryAfterSeconds: 2 });
      throw error;
    }
    const [written] = await this.read([keyOf(run)]);
    return written!;
  }

  private async keep({ projectId, id }: Run, { verdict, holds, refuted, regret, tieRate, votedItems, evaluatedItems, draws, assumption, advice }: Computed): Promise<void> {
    const figures = [holds, refuted, regret.mean, regret.low, regret.high, tieRate].map((value) => (Number.isNaN(value) ? null : value));
    await this.source.query(
      `insert into run_certificates (project_id, run_id, version, verdict, holds, refuted, regret_mean, regret_low, regret_high, tie_rate,
                                     voted_items, evaluated_items, draws, assumption, advice)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) on conflict do nothing`,
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

/** By what the run's row tells, before a thread is made. */
function requireSize({ voteCount, itemCount, annotatorCount }: Run, classCount: number): void {
  const numbers = Math.max(voteCount!, itemCount!) * classCount;
  const matrices = Math.min(voteCount!, annotatorCount! * classCount) * classCount;
  if (numbers <= LARGEST_NUMBERS && matrices <= LARGEST_MATRICES) return;
  const excess = numbers > LARGEST_NUMBERS ? `${numbers} probabilities, more than ${LARGEST_NUMBERS}` : `confusion matrices of ${matrices} numbers, more than ${LARGEST_MATRICES}`;
  throw limitExceeded(
    `a certificate of ${voteCount} votes on ${itemCount} items of ${classCount} classes takes ${excess} that are worked out here; download the votes and call \`assay certificate VOTES\`, which takes its time`,
  );
}
