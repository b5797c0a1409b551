/** Items of a project ($1) whose votes or gold answers changed after a watermark ($2): a run that read up to it is behind on them. */
export const CHANGED_ITEMS = `
  select item_code as item from votes where project_id = $1 and seq > $2
  union select item_code from votes where project_id = $1 and ended_seq > $2
  union select item_code from gold_answers where project_id = $1 and seq > $2
  union select item_code from gold_answers where project_id = $1 and ended_seq > $2`;
