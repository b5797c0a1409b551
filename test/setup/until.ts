import { setTimeout as sleep } from 'node:timers/promises';

/** For what never comes: no test is about how long it takes, and the machine may be busy with much else. */
export const PATIENCE_MS = 180_000;
const LOOK_MS = 25;

/** Looks again and again until it sees something. @returns what it saw. @throws Error naming `what` never came. */
export async function until<Seen>(look: () => Promise<Seen> | Seen, what: string): Promise<Exclude<Seen, false | null | undefined>> {
  for (const end = performance.now() + PATIENCE_MS; ;) {
    const seen = await look();
    if (seen) return seen as Exclude<Seen, false | null | undefined>;
    if (performance.now() > end) throw new Error(`waited ${PATIENCE_MS / 1000} s for ${what}`);
    await sleep(LOOK_MS);
  }
}
