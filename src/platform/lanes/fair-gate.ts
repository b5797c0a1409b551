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
 * next is waited for, however much it takes: small ones do not slip past it. And no tenant has all the units: some are left for
 * whoever else may come, who would wait for as long as the longest of that one's.
 */
export class FairGate {
  private free: number;
  /** Units of each tenant that has some. */
  private readonly taken = new Map<number, number>();
  /** In the order of turns: a tenant who had one goes to the end. */
  private readonly lines = new Map<number, Waiting[]>();
  private count = 0;

  private readonly most: number;
  private readonly patienceMs: number;

  /**
   * @param work what passes here, as a refusal names it
   * @param options.most units of one tenant; three quarters by default
   * @param options.patienceMs 15 s by default
   */
  constructor(private readonly work: string, readonly units: number, { most, patienceMs }: { most?: number; patienceMs?: number } = {}) {
    this.free = units;
    this.most = most ?? Math.max(1, Math.floor(units * 0.75));
    this.patienceMs = patienceMs ?? PATIENCE_MS;
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
   * @param units of its own; more than a tenant may have count as all of those
   * @returns what to call once when it has done. @throws UNAVAILABLE after 15 s, and the signal's reason: who has gone waits no longer
   */
  async enter(tenant: number, units = 1, signal?: AbortSignal): Promise<() => void> {
    const wanted = Math.min(units, this.most);
    signal?.throwIfAborted();
    if (this.count === 0 && this.free >= wanted && this.mayHave(tenant, wanted)) this.take(tenant, wanted);
    else await this.wait(tenant, wanted, signal);
    let isIn = true;
    return () => {
      if (!isIn) return;
      isIn = false;
      this.take(tenant, -wanted);
      this.admit();
    };
  }

  private mayHave(tenant: number, units: number): boolean {
    return (this.taken.get(tenant) ?? 0) + units <= this.most;
  }

  private take(tenant: number, units: number): void {
    this.free -= units;
    const taken = (this.taken.get(tenant) ?? 0) + units;
    if (taken > 0) this.taken.set(tenant, taken);
    else this.taken.delete(tenant);
  }

  private wait(tenant: number, units: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', giveUp);
      };
      const waiting: Waiting = {
        units,
        open: () => {
          leave();
          // What passes is work for the thread: done one after the other without a break, a line of it would keep all that comes by
          // connections waiting till its end.
          setImmediate(resolve);
        },
      };
      const quit = (reason: Error) => {
        leave();
        this.remove(tenant, waiting);
        reject(reason);
        // Those behind may need less.
        this.admit();
      };
      const giveUp = () => quit(signal!.reason as Error);
      const timer = setTimeout(
        () => quit(new AssayError('UNAVAILABLE', `the server was busy with other ${this.work} for ${this.patienceMs / 1000} s; try again`, { retryAfterSeconds: 2 })),
        this.patienceMs,
      );
      signal?.addEventListener('abort', giveUp, { once: true });
      const line = this.lines.get(tenant);
      if (line) line.push(waiting);
      else this.lines.set(tenant, [waiting]);
      this.count++;
      // Those before it may all be of tenants that have what they may.
      this.admit();
    });
  }

  private admit(): void {
    for (const [tenant, line] of this.lines) {
      const next = line[0]!;
      if (!this.mayHave(tenant, next.units)) continue;
      if (next.units > this.free) return;
      this.take(tenant, next.units);
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
