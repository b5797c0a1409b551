import { SingleBar } from 'cli-progress';

/** One bar that moves from phase to phase; on a terminal only. */
export class PhaseBar {
  private bar: SingleBar | null = null;

  start(phase: string, total: number): void {
    this.stop();
    if (!process.stderr.isTTY) return;
    // Without a known total there is nothing to fill: the count alone is shown.
    const format = total > 0 ? ' {phase} {bar} {percentage}% | {duration_formatted}' : ' {phase} {value} | {duration_formatted}';
    this.bar = new SingleBar({ format, hideCursor: true, clearOnComplete: true, stream: process.stderr });
    this.bar.start(total || Number.MAX_SAFE_INTEGER, 0, { phase });
  }

  advance(by: number): void {
    this.bar?.increment(by);
  }

  set(value: number): void {
    this.bar?.update(value);
  }

  stop(): void {
    this.bar?.stop();
    this.bar = null;
  }
}
