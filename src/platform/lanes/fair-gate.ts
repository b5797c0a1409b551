import { AssayError } from '../errors.js';

/** How long anybody waits at a gate: then the call is refused, and may be sent again. */
const PATIENCE_MS = 15_000;

interface Waiting {
  units: number;
  open: () => void;
}

/**
 * So many units at once; who finds too few waits. Waiting is by turns: each tenant's first in line, one tenant after the other,
 * so that a tenant with a thousand calls in line stands before another's only call once, and not a thousand times. Whoever is
 * next is waited for, however much it takes: small ones do not slip past it.
 */
export class FairGate {
  private free: number;
  /** In the order of turns: a tenant who had one goes to the end. */
  private readonly lines = new Map<number, Waiting[]>();
  private count = 0;

  /** @param work what passes here, as a refusal names it */
  constructor(private readonly work: string, readonly units: number, private readonly patienceMs = PATIENCE_MS) {
    this.free = units;
  }

  /** How many wait. */
  get waiting(): number {
    return this.count;
  }

  /** Units taken. */
  get inUse(): number {
    return this.units - this.free;
  }

  /**
   * @param units of its own; more than there are at all count as all
   * @returns what to call once when it has done. @throws UNAVAILABLE after 15 s, and the signal's reason: who has gone waits no longer
   */
  async enter(tenant: number, units = 1, signal?: AbortSignal): Promise<() => void> {
    const taken = Math.min(units, this.units);
    signal?.throwIfAborted();
    if (this.count === 0 && this.free >= taken) this.free -= taken;
    else await this.wait(tenant, taken, signal);
    let isIn = true;
    return () => {
      if (!isIn) return;
      isIn = false;
      this.free += taken;
      this.admit();
    };
  }

  private wait(tenant: number, units: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', giveUp);
      };
      const waiting: Waiting = { units, open: () => { leave(); resolve(); } };
      const quit = (reason: unknown) => {
        leave();
        this.remove(tenant, waiting);
        reject(reason as Error);
        // Those behind may need less.
        this.admit();
      };
      const giveUp = () => quit(signal!.reason);
      const timer = setTimeout(
        () => quit(new AssayError('UNAVAILABLE', `the server was busy with other ${this.work} for ${this.patienceMs / 1000} s; try again`, { retryAfterSeconds: 2 })),
        this.patienceMs,
      );
      signal?.addEventListener('abort', giveUp, { once: true });
      const line = this.lines.get(tenant);
      if (line) line.push(waiting);
      else this.lines.set(tenant, [waiting]);
      this.count++;
    });
  }

  private admit(): void {
    for (const [tenant, line] of this.lines) {
      const next = line[0]!;
      if (next.units > this.free) return;
      this.free -= next.units;
      this.remove(tenant, next);
      if (line.length > 0) {
        // A map's iteration comes by again at what is put to its end.
        this.lines.delete(tenant);
        this.lines.set(tenant, line);
      }
      next.open();
    }
  }

  private remove(tenant: number, waiting: Waiting): void {
    const line = this.lines.get(tenant)!;
    line.splice(line.indexOf(waiting), 1);
    if (line.length === 0) this.lines.delete(tenant);
    this.count--;
  }
}
