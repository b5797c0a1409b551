import type { QueuePlace } from './queue-front.js';

/** What comes back into the queue before the place is found at the latest after so long. */
const KEPT_MS = 10_000;
const MOST = 10_000;

/**
 * Up to where an annotator has answered everything. Someone who answered the first 10,000 items of a queue would walk over
 * all of them at each call; this process remembers where they came to, for some seconds and this generation of the queue.
 */
export class WalkHints {
  private readonly places = new Map<string, { place: QueuePlace; until: number }>();

  of(projectId: number, annotator: number, generation: number): QueuePlace | null {
    const found = this.places.get(`${projectId}:${annotator}:${generation}`);
    return found && found.until > Date.now() ? found.place : null;
  }

  remember(projectId: number, annotator: number, generation: number, place: QueuePlace): void {
    if (this.places.size >= MOST) this.places.clear();
    this.places.set(`${projectId}:${annotator}:${generation}`, { place, until: Date.now() + KEPT_MS });
  }
}
