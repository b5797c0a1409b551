/** How many answers are looked at before and behind the end of the circle. */
const WALK = 500;

/** Asked row by row: joined, the planner may read all votes of the project first, since it knows little of a young one. */
const FREE = `
  (select true from votes where project_id = $1 and item_code = near.item_code and annotator_code = $2 and ended_seq is null limit 1) is null
  and (select true from leases where project_id = $1 and annotator_code = $2 and item_code = near.item_code and ended_at is null limit 1) is null`;

const walk = (lap: number, from: string, to: string) => `
  (select item_code, place, ${lap} as lap from (
     select project_id, item_code, place from gold_answers where ended_seq is null and place >= ${from} and place < ${to} order by place limit ${WALK}
   ) near where near.project_id = $1 and ${FREE} order by place limit $3)`;

/**
 * Gold items of the project $1 that the annotator $2 neither voted on nor holds, $3 at most: from the place $4, of the circle
 * from 0 to 1, on, and from the circle's beginning where its end comes first.
 */
export const CANDIDATES = `
  select item_code as code from (
    ${walk(0, '$1::int4 + $4::float8', '$1::int4 + 1::float8')} union all ${walk(1, '$1::int4::float8', '$1::int4 + $4::float8')}
  ) found order by lap, place limit $3`;
