import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AnnotatorsService } from '../annotators/annotators.service.js';
import { queryByIndex } from '../platform/database/by-index.js';
import type { Transaction } from '../platform/database/transaction.js';
import { invalid } from '../platform/errors.js';
import { connectionType, Keyset, type ConnectionOf, type PageArgs } from '../platform/graphql/pagination.js';
import type { RequestContext } from '../platform/request-context.js';
import { rejectedRow, RowStatus, type RowResult } from '../platform/row-result.js';
import { excerpt } from '../platform/text.js';
import type { Actor } from '../projects/audit/audit.js';
import { FactChanges, type Written } from '../projects/fact-changes.js';
import { stillCoded, withCodes } from '../projects/project-access.js';
import type { Project } from '../projects/project.entity.js';
import { AnnotatorPrior, PRIOR_COLUMNS } from './annotator-prior.js';
import { CopiedPriors } from './copied-priors.js';
import { checkAnnotators, checkPriorRows, MOST_VOTES, type CheckedPrior, type PriorRow } from './prior-row.js';
import type { PriorKind } from './priors.inputs.js';
import { PRIORS_LOCK, priorsStore, saidByChecked, type CodedPrior } from './priors.store.js';

export const AnnotatorPriorConnection = connectionType(AnnotatorPrior);

export interface CopyRequest {
  run: string | null;
  annotators: readonly string[] | null;
  kind: PriorKind;
  mostVotes: number;
}

const byAnnotator = new Keyset<AnnotatorPrior>([{ sql: 'prior.annotator_code', type: 'int4' }], (prior) => [prior.annotatorCode]);

/** What a project knows of annotators beforehand. */
@Injectable()
export class PriorsService {
  constructor(
    private readonly source: DataSource,
    private readonly changes: FactChanges,
    private readonly annotators: AnnotatorsService,
    private readonly copied: CopiedPriors,
  ) {}

  /** Up to 10,000 annotators: new priors are CREATED, others than before UPDATED. */
  async set(project: Project, actor: Actor, rows: readonly PriorRow[], idempotencyKey: string | null): Promise<Written> {
    const { accepted, results } = checkPriorRows(rows, project.classes);
    return this.write(project, actor, 'setAnnotatorPriors', rows, { accepted, results }, idempotencyKey);
  }

  /** What a run of another project found out; of annotators who are named and of whom it knows nothing, rows are rejected. */
  async copy(project: Project, from: Project, actor: Actor, request: CopyRequest, idempotencyKey: string | null): Promise<Written> {
    const { run: named, annotators, kind, mostVotes } = request;
    if (from.id === project.id) throw invalid('input.fromProjectId is the project itself, whose runs know of their own votes already; name another', 'input.fromProjectId');
    if (!(mostVotes > 0 && mostVotes <= MOST_VOTES)) throw invalid(`input.mostVotes is ${mostVotes}; it must be above 0 and at most ${MOST_VOTES}`, 'input.mostVotes');
    const { accepted: places, results } = annotators ? checkAnnotators(annotators, 'input.annotators') : { accepted: null, results: [] as RowResult[] };
    const run = await this.copied.runOf(from, named);
    const found = await this.copied.read(from, run, project, kind, mostVotes, places && [...places.keys()]);
    const accepted = found.map((prior, place): CheckedPrior => ({ ...prior, index: places ? places.get(prior.annotator)! : place }));
    const known = new Set(found.map(({ annotator }) => annotator));
    for (const [annotator, index] of places ?? []) {
      if (!known.has(annotator)) results[index] = rejectedRow(index, 'NOTHING_KNOWN', `the run read no votes of annotator ${excerpt(annotator)}`);
    }
    return this.write(project, actor, 'copyAnnotatorPriors', { from: from.id, ...request }, { accepted, results }, idempotencyKey);
  }

  /** Ends priors (UPDATED); annotators without one are UNCHANGED. Runs of older watermarks read them still. */
  async remove(project: Project, actor: Actor, ids: readonly string[], idempotencyKey: string | null): Promise<Written> {
    return withCodes(project, (current) => this.removeCoded(current, actor, ids, idempotencyKey));
  }

  private async removeCoded(project: Project, actor: Actor, ids: readonly string[], idempotencyKey: string | null): Promise<Written> {
    const { accepted, results } = checkAnnotators(ids, 'input.annotators');
    const codes = await this.annotators.dictionary.codes(project.id, [...accepted.keys()], false, project.annotatorErasures);
    const named = [...accepted].map(([annotator, index], i) => ({ annotator, index, annotatorCode: codes[i]! }));
    for (const { annotator, index, annotatorCode } of named) {
      if (annotatorCode < 0) results[index] = rejectedRow(index, 'UNKNOWN_ANNOTATOR', `annotator ${excerpt(annotator)} is not in the project`);
    }
    return this.change(project, actor, 'removeAnnotatorPriors', ids, results, idempotencyKey, async (transaction) => {
      const known = named.filter(({ annotatorCode }) => annotatorCode >= 0);
      const standing = await priorsStore.standing(transaction, project.id, known.map(({ annotatorCode }) => annotatorCode));
      await priorsStore.end(transaction, project.id, [...standing.values()].map(({ seq }) => seq));
      return known.map(({ index, annotatorCode }) => ({ index, status: standing.has(annotatorCode) ? RowStatus.UPDATED : RowStatus.UNCHANGED }));
    });
  }

  async page(projectId: number, args: PageArgs): Promise<ConnectionOf<AnnotatorPrior>> {
    const parameters: unknown[] = [projectId];
    const { where, orderBy, limit } = byAnnotator.page(args, parameters);
    const rows = await queryByIndex<AnnotatorPrior>(this.source,
      `select ${PRIOR_COLUMNS} from annotator_priors prior where prior.project_id = $1 and prior.ended_seq is null and ${where} order by ${orderBy} limit ${limit}`, parameters,
    );
    return byAnnotator.connection(args, rows, (row) => Object.assign(new AnnotatorPrior(), row));
  }

  /** All annotators asked for at once are one statement. */
  of(context: RequestContext, projectId: number, annotatorCode: number): Promise<AnnotatorPrior | null> {
    return context.loader<number, AnnotatorPrior>(`priors:${projectId}`, async (codes) => {
      const rows: AnnotatorPrior[] = await this.source.query(
        `select ${PRIOR_COLUMNS} from annotator_priors prior where prior.project_id = $1 and prior.annotator_code = any($2) and prior.ended_seq is null`, [projectId, codes],
      );
      const found = new Map(rows.map((row) => [row.annotatorCode, Object.assign(new AnnotatorPrior(), row)]));
      return codes.map((code) => found.get(code) ?? null);
    }).load(annotatorCode);
  }

  /** Annotators who are new are committed before what is known of them, and stay if that fails. */
  private write(
    project: Project, actor: Actor, action: string, request: unknown, checked: { accepted: CheckedPrior[]; results: RowResult[] }, idempotencyKey: string | null,
  ): Promise<Written> {
    return withCodes(project, (current) => this.writeCoded(current, actor, action, request, checked, idempotencyKey));
  }

  private async writeCoded(
    project: Project, actor: Actor, action: string, request: unknown, { accepted, results }: { accepted: CheckedPrior[]; results: RowResult[] }, idempotencyKey: string | null,
  ): Promise<Written> {
    const codes = await this.annotators.dictionary.codes(project.id, accepted.map(({ annotator }) => annotator), true, project.annotatorErasures);
    const coded = accepted.map((prior, i): CodedPrior => ({ ...prior, annotatorCode: codes[i]! }));
    return this.change(project, actor, action, request, results, idempotencyKey, async (transaction) => {
      const standing = await priorsStore.standing(transaction, project.id, coded.map(({ annotatorCode }) => annotatorCode));
      const statusOf = (prior: CodedPrior) => {
        const before = standing.get(prior.annotatorCode);
        if (!before) return RowStatus.CREATED;
        return before.said === saidByChecked(prior) ? RowStatus.UNCHANGED : RowStatus.UPDATED;
      };
      const changed = coded.filter((prior) => statusOf(prior) !== RowStatus.UNCHANGED);
      if (changed.length > 0) await priorsStore.write(transaction, project.id, changed, standing, actor.keyId ?? null);
      return coded.map((prior) => ({ index: prior.index, status: statusOf(prior) }));
    });
  }

  /** `work` answers for the rows that `refused` does not. */
  private change(
    project: Project, actor: Actor, action: string, request: unknown, refused: readonly RowResult[], idempotencyKey: string | null,
    work: (transaction: Transaction) => Promise<RowResult[]>,
  ): Promise<Written> {
    return this.changes.make(project, actor, { action, request, lock: PRIORS_LOCK, refused, idempotencyKey, requireProject: stillCoded }, work);
  }
}
