import { Injectable } from '@nestjs/common';
import { DataSource, type QueryDeepPartialEntity } from 'typeorm';
import { acquisitionScores, defaultMethodId, findMethod, resolveOptions } from '../aggregation/index.js';
import { AssayError, conflict, invalid, limitExceeded, notFound } from '../platform/errors.js';
import { Idempotency } from '../platform/database/idempotency.js';
import { globalId } from '../platform/graphql/global-id.js';
import { connectionType, Keyset, readPage, type ConnectionOf, type PageArgs } from '../platform/graphql/pagination.js';
import type { Principal } from '../platform/principal.js';
import { excerpt, requireText } from '../platform/text.js';
import { Transactions, type Transaction } from '../platform/database/transaction.js';
import { compileRule } from '../rules/compile-rule.js';
import { ruleKinds, type RuleKind } from '../rules/quantities.js';
import { RuleError } from '../rules/rule-error.js';
import { Audit, type Actor } from './audit/audit.js';
import { ClassNames } from './class-names.js';
import { holdProject, ProjectAccess } from './project-access.js';
import { Project, RepeatPolicy } from './project.entity.js';
import type { CreateProjectInput, ProjectRulesInput, UpdateProjectInput } from './projects.inputs.js';
import { lockVotes } from './vote-lock.js';

export const ProjectConnection = connectionType(Project);

export const MAX_CLASSES = 10_000;

const byId = new Keyset<Project>([{ sql: 'project.id', type: 'int4' }], (project) => [project.id]);

@Injectable()
export class ProjectsService {
  constructor(
    private readonly source: DataSource,
    private readonly transactions: Transactions,
    private readonly idempotency: Idempotency,
    private readonly access: ProjectAccess,
    private readonly audit: Audit,
  ) {}

  async create(actor: Actor, input: CreateProjectInput, idempotencyKey: string | null = null): Promise<{ project: Project; replayed: boolean }> {
    requireText(input.name, 'input.name');
    requireClasses(input.classes);
    const rules = checkedRules(input.rules ?? {}, input.classes);
    const { answer, replayed } = await this.transactions.run((transaction) => this.idempotency.once(
      transaction,
      { projectId: null, workspaceId: actor.workspaceId, key: idempotencyKey },
      ['createProject', input],
      async () => {
        const repository = transaction.getRepository(Project);
        const { id } = await repository.save(repository.create({ defaultMethod: defaultMethodId, ...rules, workspaceId: actor.workspaceId, name: input.name, classes: input.classes }));
        await transaction.query(`insert into project_codes (project_id) values ($1)`, [id]);
        await this.audit.record(transaction, actor, 'createProject', id, { name: input.name, classes: input.classes.length, rules: input.rules ?? {} });
        return { id };
      },
    ));
    const project = await this.source.getRepository(Project).findOneBy({ id: answer.id, workspaceId: actor.workspaceId });
    // Deleted since the call that this one repeats.
    if (!project) throw notFound('project', globalId('Project', answer.id));
    return { project, replayed };
  }

  async update(caller: Principal, actor: Actor, input: UpdateProjectInput): Promise<Project> {
    const project = await this.access.findOpen(caller, input.id);
    if (input.name != null) requireText(input.name, 'input.name');
    const rules = checkedRules(input.rules ?? {}, project.classes, project);
    return this.transactions.run(async (transaction) => {
      await holdProject(transaction, project.id);
      if (rules.repeatPolicy && rules.repeatPolicy !== project.repeatPolicy) await requireNoVotes(transaction, project);
      await transaction.getRepository(Project).update({ id: project.id }, {
        ...rules, ...(input.name != null && { name: input.name }), ...(input.rules && { scoringVersion: () => 'scoring_version + 1' }),
      } as QueryDeepPartialEntity<Project>);
      await this.audit.record(transaction, actor, 'updateProject', project.id, { name: input.name, rules: input.rules });
      return transaction.getRepository(Project).findOneByOrFail({ id: project.id });
    });
  }

  /** The project as it would be under other rules; nothing is written. @throws INVALID_INPUT as `update` */
  withRules(project: Project, rules: ProjectRulesInput): Project {
    return Object.assign(new Project(), project, checkedRules(rules, project.classes, project));
  }

  async archive(caller: Principal, actor: Actor, id: string, archived: boolean): Promise<Project> {
    const project = await this.access.find(caller, id);
    if ((project.archivedAt != null) === archived) return project;
    return this.transactions.run(async (transaction) => {
      // After this lock no writer is between its check and its commit.
      await lockVotes(transaction, project.id, 'exclusive');
      await holdProject(transaction, project.id);
      await transaction.getRepository(Project).update({ id: project.id }, { archivedAt: archived ? new Date() : null });
      await this.audit.record(transaction, actor, archived ? 'archiveProject' : 'restoreProject', project.id, {});
      return transaction.getRepository(Project).findOneByOrFail({ id: project.id });
    });
  }

  async page(caller: Principal, args: PageArgs): Promise<ConnectionOf<Project>> {
    const query = this.source.getRepository(Project).createQueryBuilder('project')
      .where('project.workspace_id = :workspaceId', { workspaceId: caller.workspaceId });
    if (caller.projectId != null) query.andWhere('project.id = :only', { only: caller.projectId });
    return readPage(query, byId, args);
  }
}

function requireClasses(classes: string[]): void {
  if (classes.length < 2) throw invalid(`input.classes has ${classes.length} classes; give at least 2`, 'input.classes');
  if (classes.length > MAX_CLASSES) throw limitExceeded(`input.classes has ${classes.length} classes; at most ${MAX_CLASSES} are possible`, 'input.classes');
  const seen = new Map<string, number>();
  classes.forEach((name, index) => {
    requireText(name, `input.classes[${index}]`);
    const earlier = seen.get(name);
    if (earlier != null) throw invalid(`input.classes[${index}] ${excerpt(name)} repeats input.classes[${earlier}]`, `input.classes[${index}]`);
    seen.set(name, index);
  });
}

/** Rules that null takes away; for the others null is as if left out. */
const OPTIONAL_RULES: readonly string[] = ['rerunEveryVotes', 'rerunEverySeconds', 'confidence', 'budget', 'stopBelowGain', 'doneRule', 'priorityRule', 'flagRule', 'pauseRule'] satisfies (keyof ProjectRulesInput)[];

/** Only the rules that were given; those that belong together are checked with what the project has of the others. */
function checkedRules(input: ProjectRulesInput, classes: readonly string[], current?: Project): Partial<Project> {
  const rules = Object.fromEntries(Object.entries(input).filter(([name, value]) => value !== undefined && (value !== null || OPTIONAL_RULES.includes(name))));
  requireAssignmentRules({ minVotes: 1, maxVotes: 3, repeatPolicy: RepeatPolicy.KEEP_LAST, allowRepeats: false, policy: 'auto', ...current, ...rules });
  requireExpressions(input, classes);
  if (input.defaultMethod == null && input.defaultOptions == null) return rules;
  const methodId = input.defaultMethod ?? current?.defaultMethod ?? defaultMethodId;
  const options = input.defaultOptions ?? (input.defaultMethod == null ? current?.defaultOptions : {}) ?? {};
  if (typeof options !== 'object' || Array.isArray(options)) throw invalid('input.rules.defaultOptions is an object of options by name', 'input.rules.defaultOptions');
  try {
    resolveOptions(findMethod(methodId), options);
  } catch (error) {
    throw new AssayError('INVALID_INPUT', (error as Error).message, { field: 'input.rules.defaultMethod' });
  }
  return { ...rules, defaultMethod: methodId, defaultOptions: options };
}

function requireAssignmentRules({ minVotes, maxVotes, repeatPolicy, allowRepeats, policy }: Pick<Project, 'minVotes' | 'maxVotes' | 'repeatPolicy' | 'allowRepeats' | 'policy'>): void {
  if (minVotes > maxVotes) throw invalid(`minVotes is ${minVotes}, above maxVotes, ${maxVotes}; change both together`, 'input.rules.minVotes');
  if (allowRepeats && repeatPolicy !== RepeatPolicy.KEEP_ALL) {
    throw invalid(`allowRepeats needs the repeat policy KEEP_ALL, and it is ${repeatPolicy}: a second vote would not stand beside the first`, 'input.rules.allowRepeats');
  }
  requirePolicy(policy, 'input.rules.policy');
}

/** @throws INVALID_INPUT naming the policies there are. */
export function requirePolicy(policy: string, field: string): void {
  if (policy === 'auto' || acquisitionScores.some((score) => score.id === policy)) return;
  throw invalid(`there is no policy ${excerpt(policy)}; there are: auto, ${acquisitionScores.map((score) => score.id).join(', ')}`, field);
}

function requireExpressions(input: ProjectRulesInput, classes: readonly string[]): void {
  const names = new ClassNames(classes);
  for (const [kind, { field }] of Object.entries(ruleKinds)) {
    const text = input[field];
    if (text == null) continue;
    try {
      compileRule(kind as RuleKind, text, names);
    } catch (error) {
      if (!(error instanceof RuleError)) throw error;
      throw invalid(`${field}, ${error.message}`, `input.rules.${field}`);
    }
  }
}

/** The policy decides which votes stand: to change it under votes would change what they meant. */
async function requireNoVotes(transaction: Transaction, project: Project): Promise<void> {
  await lockVotes(transaction, project.id, 'exclusive');
  const rows: unknown[] = await transaction.query(`select 1 from votes where project_id = $1 limit 1`, [project.id]);
  if (rows.length > 0) {
    throw conflict(`the repeat policy is ${project.repeatPolicy} and cannot change: the project has votes that were taken under it`);
  }
}
