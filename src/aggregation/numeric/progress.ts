import type { Progress, RunContext } from '../method.js';

/** Takes the share of an iteration that is done and tells it with the rest, where somebody listens. */
export function withinIteration(onProgress: RunContext['onProgress'], at: Omit<Progress, 'done'>): ((done: number) => void) | undefined {
  return onProgress && ((done) => onProgress({ ...at, done }));
}
