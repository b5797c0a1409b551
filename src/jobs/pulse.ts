import { beyondTrace } from '../platform/trace.js';

const BEAT_MS = 3000;

/** Keeps a lease alive and what is told of the work new: one write at a time, of the newest told, in order. */
export class Pulse<Told = never> {
  private readonly timer = setInterval(() => void this.flush(), BEAT_MS);
  private unwritten: Told | null = null;
  private writing: Promise<void> | null = null;

  /** @param beat writes what was told, and answers whether the lease is still held */
  constructor(
    private readonly beat: (told: Told | null) => Promise<boolean>,
    private readonly onLost: () => Promise<void> | void,
  ) {}

  tell(told: Told): void {
    this.unwritten = told;
    void this.flush();
  }

  /** Also called when the work may have been cancelled. */
  flush(): Promise<void> {
    // Long work has thousands of beats, which say nothing of where its time goes.
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
        const told = this.unwritten;
        this.unwritten = null;
        if (!await this.beat(told)) return await this.onLost();
      } while (this.unwritten);
    } catch {
      // The database does not answer: the next beat tries again. Should the lease run out meanwhile, the fence holds.
    }
  }
}
