import type { Progress } from '../../aggregation/index.js';
import { beyondTrace } from '../../platform/trace.js';
import type { RunLease, RunsStore } from '../runs.store.js';

const BEAT_MS = 3000;

/** Keeps a run's lease alive and its row's progress new: one write at a time, of the newest progress, in order. */
export class RunPulse {
  private readonly timer = setInterval(() => void this.flush(), BEAT_MS);
  private unwritten: Progress | null = null;
  private writing: Promise<void> | null = null;

  constructor(
    private readonly store: RunsStore,
    private readonly lease: RunLease,
    private readonly onLost: () => Promise<void>,
  ) {}

  progress(progress: Progress): void {
    this.unwritten = progress;
    void this.flush();
  }

  /** Also called when the run may have been cancelled. */
  flush(): Promise<void> {
    // A long run has thousands of beats, which say nothing of where its time goes.
    return (this.writing ??= beyondTrace(() => this.write()).finally(() => (this.writing = null)));
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.unwritten = null;
    await this.writing;
  }

  private async write(): Promise<void> {
    try {
      do {
        const progress = this.unwritten;
        this.unwritten = null;
        if (!await this.store.beat(this.lease, progress)) return this.onLost();
      } while (this.unwritten);
    } catch {
      // The database does not answer: the next beat tries again. Should the lease run out meanwhile, the fence holds.
    }
  }
}
