import { Connection } from '../../platform/database/connection.js';
import { endWithThread } from '../../platform/database/cancellable-client.js';
import { judge } from './judging.js';
import type { ItemRules } from './item-facts.js';
import { readPool } from './pool-facts.js';

export interface DryRunInput {
  url: string;
  projectId: number;
  rules: ItemRules;
}

/** How many items go from one state to another, and how many are flagged. */
export interface DryRunResult {
  /** 4 x 4: items by their state now and then. */
  moves: number[];
  flaggedNow: number;
  flaggedThen: number;
}

/** What rules would make of a project's items, on a thread of its own; changes nothing. */
export async function run({ url, projectId, rules }: DryRunInput): Promise<DryRunResult> {
  const client = await Connection.open(url, 'assay dry run');
  try {
    await endWithThread(client);
    const { facts, before, run: parameters } = await readPool(client, url, projectId, [], { rules });
    const { states, flagged } = judge(facts, rules, parameters);
    const moves = new Array<number>(16).fill(0);
    states.forEach((state, item) => moves[before.states[item]! * 4 + state]!++);
    const count = (marks: Uint8Array) => marks.reduce((sum, mark) => sum + mark, 0);
    return { moves, flaggedNow: count(before.flagged), flaggedThen: count(flagged) };
  } finally {
    await client.end();
  }
}
