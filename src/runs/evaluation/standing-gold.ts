/** What tells the gold answers of this moment from others, of the project $1 and its items of codes below $2: they are in any order of being given. */
export const STANDING_GOLD = `
  select coalesce(md5(string_agg(item_code || ':' || class_index, ',' order by item_code)), '') as gold
  from gold_answers where project_id = $1 and ended_seq is null and item_code < $2`;
