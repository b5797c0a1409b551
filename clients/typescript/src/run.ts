import type { Assay, CallOptions } from './assay.js';
import { clock } from './clock.js';
import { AssayError } from './errors.js';
import type * as Schema from './schema.js';

const fields = [
  'id', 'status', 'method', 'methodVersion', 'options', 'seed', 'watermark', 'phase', 'iteration', 'iterationDone', 'logLikelihood', 'failure',
  'createdAt', 'startedAt', 'finishedAt', 'voteCount', 'itemCount', 'annotatorCount', 'makeCurrent',
] as const satisfies readonly (keyof Schema.Run)[];

/** What is asked of a run. */
export type RunFacts = Pick<Schema.Run, (typeof fields)[number]>;
export const runFields = fields.join(' ');

export interface WaitOptions extends CallOptions {
  /** After so many milliseconds an AssayError of TIMEOUT; the run goes on then. Without it, as long as it takes. */
  timeoutMs?: number;
  /** Milliseconds before the first look, and half as many again before each further one, up to 5,000: 200. */
  pollMs?: number;
  /** Called whenever something is new. */
  onProgress?: (run: Run) => void;
}

/** One execution of a method. `facts` is what the service last told. */
export class Run {
  constructor(private readonly assay: Assay, public facts: RunFacts) {}

  get id(): string {
    return this.facts.id;
  }

  get status(): Schema.RunStatus {
    return this.facts.status;
  }

  get method(): string {
    return this.facts.method;
  }

  async refresh(options: CallOptions = {}): Promise<this> {
    this.facts = (await this.assay.query<{ run: RunFacts }>(`query ($id: ID!) { run(id: $id) { ${runFields} } }`, { id: this.id }, options)).run;
    return this;
  }

  /** Until the run has succeeded, by asking ever less often. @throws AssayError of RUN_FAILED where it failed or was cancelled, of TIMEOUT */
  async wait({ timeoutMs, pollMs = 200, onProgress, signal }: WaitOptions = {}): Promise<this> {
    const until = timeoutMs === undefined ? Infinity : Date.now() + timeoutMs;
    let told = '';
    for (let wait = pollMs; ; wait = Math.min(5000, Math.max(wait, 10) * 1.5)) {
      await this.refresh({ signal });
      const now = JSON.stringify(this.facts);
      if (now !== told) onProgress?.(this);
      told = now;
      if (this.hasSucceeded()) return this;
      const left = until - Date.now();
      if (left <= 0) throw new AssayError(`run ${this.id} is ${this.status} after ${timeoutMs! / 1000} s, and goes on`, { code: 'TIMEOUT', run: this });
      await clock.sleep(Math.min(wait, left), signal);
    }
  }

  /** The present state at once, then each newer one as the service tells it, until the run has ended. Needs a WebSocket. */
  async *progress({ signal }: CallOptions = {}): AsyncGenerator<RunFacts> {
    for await (const { runProgress } of this.assay.subscribe<{ runProgress: RunFacts }>(`subscription ($id: ID!) { runProgress(run: $id) { ${runFields} } }`, { id: this.id }, { signal })) {
      this.facts = runProgress;
      yield runProgress;
    }
  }

  async cancel(options: CallOptions = {}): Promise<this> {
    return this.changed('cancelRun', 'CancelRunInput', options);
  }

  /** Has the project show this run's results. */
  async makeCurrent(options: CallOptions = {}): Promise<this> {
    return this.changed('setCurrentRun', 'SetCurrentRunInput', options);
  }

  private async changed(mutation: 'cancelRun' | 'setCurrentRun', input: string, options: CallOptions): Promise<this> {
    const data = await this.assay.query<Record<string, { run: RunFacts }>>(`mutation ($input: ${input}!) { ${mutation}(input: $input) { run { ${runFields} } } }`, { input: { id: this.id } }, options);
    this.facts = data[mutation]!.run;
    return this;
  }

  private hasSucceeded(): boolean {
    if (this.status === 'FAILED' || this.status === 'CANCELLED') {
      const why = this.facts.failure ?? (this.status === 'CANCELLED' ? 'it was cancelled' : 'the service tells no reason');
      throw new AssayError(`run ${this.id} of ${this.method} is ${this.status}: ${why}`, { code: 'RUN_FAILED', run: this });
    }
    return this.status === 'SUCCEEDED';
  }
}
