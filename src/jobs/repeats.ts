/** So many failures in a row are no accident. */
const STUCK_AFTER = 5;
/** A sweep that another process has taken over since is not ours to report. */
const REMEMBERED_MS = 60_000;

/** How often in a row each sweep of this process has failed by a fault of its own. */
export class Repeats {
  private readonly failures = new Map<string, { times: number; at: number }>();

  /** @returns how many times it has been by now. */
  failed(name: string): number {
    const times = (this.failures.get(name)?.times ?? 0) + 1;
    this.failures.set(name, { times, at: performance.now() });
    return times;
  }

  succeeded(name: string): void {
    this.failures.delete(name);
  }

  /** @returns null where each sweep succeeds now and then. */
  fault(): string | null {
    for (const [name, { times, at }] of this.failures) {
      if (times >= STUCK_AFTER && performance.now() - at < REMEMBERED_MS) return `the sweep of ${name} failed ${times} times in a row; the log has the fault`;
    }
    return null;
  }
}

/** The same fault again is told at the 1st, 10th, 100th time. */
export function isTold(times: number): boolean {
  return Number.isInteger(Math.log10(times));
}
