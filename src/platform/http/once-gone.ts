import type { ServerResponse } from 'node:http';

/** Calls `then` once an answer is over or its caller has gone: at once where that was before, of which a listener hears nothing. */
export function onceGone(answer: ServerResponse, then: () => void): void {
  if (answer.destroyed) then();
  else answer.once('close', then);
}
