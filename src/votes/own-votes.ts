import { AssayError } from '../platform/errors.js';
import { requireOwnName, type Principal } from '../platform/principal.js';
import { excerpt } from '../platform/text.js';
import type { VoteReference } from './votes.inputs.js';
import type { VoteRow } from './vote-row.js';

/** @throws FORBIDDEN where a key for one annotator would vote for another, or take an id from the project's votes. */
export function requireOwnVotes(caller: Principal, rows: readonly Pick<VoteRow, 'annotator' | 'voteId'>[]): void {
  if (caller.annotator == null) return;
  rows.forEach(({ annotator, voteId }, index) => {
    requireOwnName(caller, annotator, `row ${index}`, 'input.votes');
    if (voteId == null) return;
    // All votes of a project share their ids: a refusal would tell of somebody's vote, and an id that is taken in advance refuse it.
    throw new AssayError('FORBIDDEN', `row ${index} has the voteId ${excerpt(voteId)}; the key of one annotator gives votes no ids: leave it out, and send an idempotency key, so that the call can be sent again`, { field: 'input.votes' });
  });
}

/** @throws FORBIDDEN where a key for one annotator names another's votes by item and annotator; by their ids, they are absent. */
export function requireOwnReferences(caller: Principal, references: readonly VoteReference[]): void {
  references.forEach(({ annotator }, index) => requireOwnName(caller, annotator, `row ${index}`, 'input.votes'));
}
