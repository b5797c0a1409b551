import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * Kinds of work, each with connections of its own, so that none waits for another's: votes and next items, which must go on;
 * reads and administration; files that come in; and what nobody waits for (jobs, sweeps, commands). Downloads have their own
 * (exports/reading/downloads.ts), and so has the look at the database's health.
 */
export const lanes = ['votes', 'reads', 'bulk', 'background'] as const;

export type Lane = (typeof lanes)[number];

/** Whose work, and of which kind: its turn is taken among that kind, by workspace. */
export interface Place {
  lane: Lane;
  /** The number of a workspace; 0 for the service's own work. */
  workspaceId: number;
}

const BACKGROUND: Readonly<Place> = { lane: 'background', workspaceId: 0 };

const places = new AsyncLocalStorage<Place>();

/** Runs `work` so that it takes its connections in that place. A place that is changed meanwhile holds for what follows. */
export function inPlace<T>(place: Place, work: () => T): T {
  return places.run(place, work);
}

/** The same for what is read piece by piece: by a stream, say, which asks for the next whenever its reader is ready, in nobody's place. */
export function readInPlace<T>(place: Place, rows: AsyncIterable<T>): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator]() {
      const iterator = rows[Symbol.asyncIterator]();
      return {
        next: () => inPlace(place, () => iterator.next()),
        return: async () => {
          await iterator.return?.();
          return { value: undefined, done: true };
        },
      };
    },
  };
}

/** For what a request begins and others wait for, too. */
export function inNoPlace<T>(work: () => T): T {
  return places.exit(work);
}

export function currentPlace(): Readonly<Place> {
  return places.getStore() ?? BACKGROUND;
}
