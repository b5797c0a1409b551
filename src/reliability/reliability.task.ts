import type pg from 'pg';
import { Connection } from '../platform/database/connection.js';
import { readGold, readParameters, readProject, readSkips } from './evaluated-project.js';
import { annotatorFigures } from './figures.js';
import { crowdOf, flagsOf } from './flags.js';
import { proposePauses, type ProposedPause } from './pause-rule.js';
import { storeFigures } from './reliability.store.js';
import { readStandingVotes } from './standing-votes.js';

export interface Evaluation {
  /** By phase; empty where the project is gone. */
  seconds: Record<string, number>;
  flags: number;
  /** Whom the project's rule would pause, of those who are active. */
  pauses: ProposedPause[];
  /** What is wrong with the rule, if it can not be read. */
  ruleFault: string | null;
}

/** One look at all annotators of a project, on its own thread and connection: votes in, figures and flags out. */
export async function run({ url, projectId }: { url: string; projectId: number }): Promise<Evaluation> {
  const client = await Connection.open(url, 'assay reliability');
  try {
    return await evaluate(client, projectId);
  } finally {
    await client.end();
  }
}

async function evaluate(client: pg.Client, projectId: number): Promise<Evaluation> {
  const from = performance.now();
  const seconds: Record<string, number> = {};
  const elapsed = () => (performance.now() - from) / 1000;
  await client.query('begin isolation level repeatable read, read only');
  const { rows: [now] } = await client.query<{ at: string }>(`select now()::text as at`);
  const project = await readProject(client, projectId);
  if (!project) return { seconds, flags: 0, pauses: [], ruleFault: null };
  const votes = await readStandingVotes(client, projectId, { ...project, classCount: project.classes.length });
  const gold = await readGold(client, project);
  const skips = await readSkips(client, project);
  const parameters = await readParameters(client, project);
  const held = project.pauseRule == null ? [] : (await client.query<{ code: number }>(`select code from annotators where project_id = $1 and status <> 'ACTIVE'`, [projectId])).rows;
  await client.query('commit');
  seconds['read'] = elapsed();

  const figures = annotatorFigures(votes, parameters, gold, skips);
  const crowd = crowdOf(figures);
  const flags = figures.flatMap((one) => flagsOf(one, crowd, project.classes));
  seconds['evaluate'] = elapsed() - seconds['read'];

  const stored = await storeFigures(client, project, figures, flags, now!.at, elapsed);
  seconds['store'] = elapsed() - seconds['read'] - seconds['evaluate'];
  const rounded = Object.fromEntries(Object.entries(seconds).map(([phase, spent]) => [phase, Number(spent.toFixed(3))]));
  const evaluation = { seconds: rounded, flags: flags.length, pauses: [], ruleFault: null };
  if (!stored || project.pauseRule == null) return evaluation;
  try {
    const skipped = new Set(held.map((row) => row.code));
    return { ...evaluation, pauses: proposePauses(project.pauseRule, figures).filter((pause) => !skipped.has(pause.code)) };
  } catch (error) {
    return { ...evaluation, ruleFault: (error as Error).message };
  }
}
