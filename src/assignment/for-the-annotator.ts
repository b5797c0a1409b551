import { AssayError } from '../platform/errors.js';
import { requireOwnName, type Principal } from '../platform/principal.js';
import { EmptyReason, type EmptyAnswer } from './empty-answer.js';
import type { NextItems, NextItemsRequest } from './next-items.service.js';

/** When to ask again for what may come: the same for everybody, since leases of others that soon expire would tell of them. */
const ASK_AGAIN_SECONDS = 10;

/** Reasons that lie in the annotator alone. */
const ownReasons: Partial<Record<EmptyReason, string>> = {
  [EmptyReason.CAPACITY_REACHED]: 'you have reached your capacity',
  [EmptyReason.ANNOTATOR_PAUSED]: 'you are paused',
  [EmptyReason.ANNOTATOR_BLOCKED]: 'you are blocked',
};

/** @throws FORBIDDEN where a key for one annotator asks for another, or by a policy of its own: each orders items by what others said of them. */
export function requireOwnAsking(caller: Principal, { annotator, policy }: Pick<NextItemsRequest, 'annotator' | 'policy'>): void {
  requireOwnName(caller, annotator, 'input.annotator', 'input.annotator');
  if (caller.annotator == null || policy == null) return;
  throw new AssayError('FORBIDDEN', "input.policy is for comparisons, and not for the key of one annotator: leave it out, and the project's policy chooses", { field: 'input.policy' });
}

/** What an annotator may learn of their own items: nothing that votes, leases, gold or rules concerning others have to do with. */
export function asTheyMayKnow({ leases, empty }: NextItems): NextItems {
  for (const lease of leases) lease.isForAnnotator = true;
  return { leases, empty: empty && plain(empty) };
}

/** Why a pause came to be may be a rule's figures, which gold has a part in. */
function plain({ reason, retryAfterSeconds }: EmptyAnswer): EmptyAnswer {
  const own = ownReasons[reason];
  if (own) return { reason, message: own, retryAfterSeconds };
  return { reason: EmptyReason.NOTHING_LEFT_FOR_ANNOTATOR, message: 'there is no item for you now', retryAfterSeconds: ASK_AGAIN_SECONDS };
}
