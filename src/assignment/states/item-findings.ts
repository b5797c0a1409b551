import type { Client } from 'pg';
import { readBy } from '../../platform/database/binary-copy-reader.js';
import { Prepared } from '../../platform/database/prepared.js';
import type { Transaction } from '../../platform/database/transaction.js';
import { readFigure } from '../../results/label-figures.js';
import { readItemFindings } from '../../results/stored-labels.js';
import type { ItemRules } from './item-facts.js';

/** Quantities of rules that are findings of the current run, by the names the run keeps them under. */
const findingOf = { confusionProbability: 'confusionProbability', difficulty: 'difficulty', methodDisagreement: 'disagreement' } as const;

export type FindingQuantity = keyof typeof findingOf;
/** T numbers for each quantity that some rule names; NaN where the current run has none. */
export type ItemFindings = Partial<Record<FindingQuantity, Float64Array>>;

/** The quantities that the rules name. */
function namedIn({ doneRule, priorityRule, flagRule }: Pick<ItemRules, 'doneRule' | 'priorityRule' | 'flagRule'>): FindingQuantity[] {
  const texts = [doneRule, priorityRule, flagRule].join(' ');
  return (Object.keys(findingOf) as FindingQuantity[]).filter((quantity) => new RegExp(`\\b${quantity}\\b`).test(texts));
}

/** Of all N items; null where no rule asks. */
export async function readPoolFindings(client: Client, projectId: number, N: number, runId: number | null, rules: Parameters<typeof namedIn>[0]): Promise<ItemFindings | null> {
  const named = namedIn(rules);
  if (named.length === 0) return null;
  const found = empty(named, N);
  if (runId == null) return found;
  const { rows: [run] } = await client.query<{ names: string[] | null }>(`select item_findings as names from runs where project_id = $1 and id = $2`, [projectId, runId]);
  for (const quantity of named) {
    const place = run?.names?.indexOf(findingOf[quantity]) ?? -1;
    if (place >= 0) found[quantity]!.set(await readFigure(readBy(client), { projectId, runId }, N, place));
  }
  return found;
}

/** Of some items, by their places in `codes`; null where no rule asks. */
export async function readTouchedFindings(transaction: Transaction, projectId: number, runId: number | null, codes: Int32Array, rules: Parameters<typeof namedIn>[0]): Promise<ItemFindings | null> {
  const named = namedIn(rules);
  if (named.length === 0) return null;
  const found = empty(named, codes.length);
  if (runId == null) return found;
  const [run]: { names: string[] | null }[] = await transaction.query(`select item_findings as names from runs where project_id = $1 and id = $2`, [projectId, runId]);
  if (!run?.names) return found;
  const numbers = await readItemFindings(Prepared.within(transaction), { projectId, runId }, run.names.length, codes);
  codes.forEach((code, place) => {
    for (const quantity of named) found[quantity]![place] = numbers.get(code)?.[run.names!.indexOf(findingOf[quantity])] ?? NaN;
  });
  return found;
}

function empty(named: readonly FindingQuantity[], count: number): ItemFindings {
  return Object.fromEntries(named.map((quantity) => [quantity, new Float64Array(count).fill(NaN)]));
}
