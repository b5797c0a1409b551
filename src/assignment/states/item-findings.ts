import type { Client } from 'pg';
import { int4Array } from '../../platform/database/binary-array.js';
import { readCopy, sqlInteger } from '../../platform/database/binary-copy-reader.js';
import type { Transaction } from '../../platform/database/transaction.js';
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
  const present = named.filter((quantity) => run?.names?.includes(findingOf[quantity]));
  if (present.length === 0) return found;
  const columns = present.map((quantity) => `findings[${sqlInteger(run!.names!.indexOf(findingOf[quantity]) + 1)}]`);
  const rows = readCopy(client, `select item_code, ${columns.join(', ')} from soft_labels where project_id = ${sqlInteger(projectId)} and run_id = ${sqlInteger(runId)} and findings is not null`);
  for await (const batch of rows) {
    while (batch.next()) {
      const item = batch.int4();
      for (const quantity of present) found[quantity]![item] = batch.float8();
    }
  }
  return found;
}

/** Of some items, by their places in `codes`; null where no rule asks. */
export async function readTouchedFindings(transaction: Transaction, projectId: number, runId: number | null, codes: Int32Array, rules: Parameters<typeof namedIn>[0]): Promise<ItemFindings | null> {
  const named = namedIn(rules);
  if (named.length === 0) return null;
  const found = empty(named, codes.length);
  if (runId == null) return found;
  const rows: { code: number; names: string[]; findings: number[] }[] = await transaction.query(
    `select label.item_code as code, run.item_findings as names, label.findings
     from runs run join soft_labels label on label.project_id = $1 and label.run_id = $2 and label.item_code = any($3::int4[]) and label.findings is not null
     where run.project_id = $1 and run.id = $2`,
    [projectId, runId, int4Array(codes)],
  );
  const placeOf = new Map(Array.from(codes, (code, place) => [code, place]));
  for (const { code, names, findings } of rows) {
    for (const quantity of named) found[quantity]![placeOf.get(code)!] = findings[names.indexOf(findingOf[quantity])] ?? NaN;
  }
  return found;
}

function empty(named: readonly FindingQuantity[], count: number): ItemFindings {
  return Object.fromEntries(named.map((quantity) => [quantity, new Float64Array(count).fill(NaN)]));
}
