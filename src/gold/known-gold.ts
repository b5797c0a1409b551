import type { Client } from 'pg';

/** The gold answers that stood at a watermark, in the form that kernels read them. */
export interface KnownGold {
  /** N class indices, -1 where nothing is known. */
  classes: Int32Array;
  /** How many are known. */
  count: number;
}

/**
 * The same answers whenever it is read: they are never removed, and what ended later bears a later ticket.
 * @param itemCount N, above the code of every item with an answer.
 */
export async function readKnownGold(client: Client, projectId: number, watermark: number, itemCount: number): Promise<KnownGold> {
  const { rows } = await client.query<[item: number, classIndex: number]>({
    text: `select item_code, class_index from gold_answers where project_id = $1 and seq <= $2 and (ended_seq is null or ended_seq > $2)`,
    values: [projectId, watermark], rowMode: 'array',
  });
  const classes = new Int32Array(itemCount).fill(-1);
  for (const [item, classIndex] of rows) {
    if (item >= itemCount) throw new RangeError(`item ${item} has a gold answer, and the run knows of ${itemCount} items`);
    classes[item] = classIndex;
  }
  return { classes, count: rows.length };
}
