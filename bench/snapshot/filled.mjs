import { BinaryCopy } from '../../dist/src/platform/database/binary-copy.js';

export const K = 5;

/** The crowd as project 1, its votes in the order of items, as platforms collect them. */
export async function fill(client, { items, annotators, classes, itemCount, annotatorCount }) {
  await client.query(`insert into workspaces (name) values ('bench')`);
  await client.query(`insert into projects (workspace_id, name, classes, default_method) values (1, 'bench', $1, 'dawid-skene')`, [Array.from({ length: K }, (_, k) => `class ${k}`)]);
  await client.query(`insert into project_codes values (1, $1, $2)`, [itemCount, annotatorCount]);
  const copy = new BinaryCopy(client, 'votes', ['project_id', 'seq', 'item_code', 'annotator_code', 'class_index']);
  for (let vote = 0; vote < items.length; vote++) {
    copy.row(5);
    copy.int4(1);
    copy.int8(vote + 1);
    copy.int4(items[vote]);
    copy.int4(annotators[vote]);
    copy.int2(classes[vote]);
    if (copy.isFull) await copy.flush();
  }
  await copy.end();
  await client.query(`insert into project_counts (project_id, stripe, votes) values (1, 0, $1)`, [items.length]);
  await client.query(`select setval('vote_ticket', $1)`, [items.length]);
  await client.query('vacuum analyze votes');
}
