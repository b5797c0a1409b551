import type { RequestContext } from '../../platform/request-context.js';
import type { Actor } from './audit.js';

/** The caller as the audit log knows them. */
export function actorOf(context: RequestContext): Actor & { keyId: number } {
  const { keyId, workspaceId } = context.principal!;
  return { keyId, workspaceId, requestId: context.requestId };
}
