import { AsyncLocalStorage } from 'node:async_hooks';
import { setMaxListeners } from 'node:events';
import { AssayError } from './errors.js';
import { inNoPlace } from './place.js';
import { beyondTrace } from './trace.js';

/** What one execution may use of the process. */
export interface Limits {
  /** Units: a field resolved is one, and what a field reads beyond a row is told by @Cost or by its service. */
  cost: number;
  /** Of an answer, about: as its values are written, without escapes. */
  bytes: number;
  milliseconds: number;
}

/** Numbers of a list (a soft label, a matrix) that cost as much as one field. */
const NUMBERS_A_UNIT = 16;
/** The clock is looked at each so many fields: timers do not fire while a list is being answered. */
const FIELDS_A_LOOK = 1024;

/** What an execution under way has used. Once it is over a limit it is cut: fields are resolved no more, statements are cancelled. */
export class Budget {
  private readonly cutting = new AbortController();
  private readonly cutOff: Promise<never>;
  private readonly timer: NodeJS.Timeout;
  private readonly deadline: number;
  private units = 0;
  private bytes = 0;
  private resolved = 0;

  constructor(private readonly limits: Limits) {
    this.deadline = performance.now() + limits.milliseconds;
    // Each statement under way listens.
    setMaxListeners(0, this.cutting.signal);
    this.timer = setTimeout(() => this.cut(this.lateness()), limits.milliseconds);
    this.timer.unref();
    this.cutOff = new Promise((_, reject) => this.signal.addEventListener('abort', () => reject(this.refusal!), { once: true }));
    this.cutOff.catch(() => undefined);
  }

  get signal(): AbortSignal {
    return this.cutting.signal;
  }

  /** Why it was cut. */
  get refusal(): AssayError | null {
    return this.signal.aborted ? this.signal.reason : null;
  }

  get fieldsResolved(): number {
    return this.resolved;
  }

  /** @throws LIMIT_EXCEEDED, and cuts the execution, once it is over. */
  spend(units: number): void {
    if ((this.units += units) > this.limits.cost) {
      throw this.cut(refused(`the answer costs more than ${this.limits.cost} while it is worked out, by the lists and matrices it holds; ask for smaller pages or fewer fields`, 400));
    }
  }

  spendField(units: number): void {
    this.spend(units);
    if (++this.resolved % FIELDS_A_LOOK === 0 && performance.now() > this.deadline) throw this.cut(this.lateness());
  }

  /** Before so many numbers are read. */
  spendNumbers(count: number): void {
    this.spend(Math.ceil(count / NUMBERS_A_UNIT));
  }

  spendBytes(bytes: number): void {
    if ((this.bytes += bytes) > this.limits.bytes) {
      throw this.cut(refused(`the answer has more than ${this.limits.bytes} bytes; ask for smaller pages, or download it (soft-labels.ndjson, votes.ndjson)`, 400));
    }
  }

  /** What `work` answers, unless the execution is cut before. */
  before<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.cutOff]);
  }

  /** With the answer: nothing is cut any more. */
  end(): void {
    clearTimeout(this.timer);
  }

  /** Its caller has gone: nobody waits for the rest. */
  abandon(): void {
    this.cut(refused('the caller has gone', 503));
  }

  get bytesAnswered(): number {
    return this.bytes;
  }

  private cut(refusal: AssayError): AssayError {
    this.cutting.abort(refusal);
    return refusal;
  }

  private lateness(): AssayError {
    return refused(
      `the operation took longer than ${this.limits.milliseconds} ms, the most this server allows, and was ended; ask for less at once, and send a mutation again with its idempotency key`, 503,
    );
  }
}

function refused(message: string, status: number): AssayError {
  return new AssayError('LIMIT_EXCEEDED', message, { status });
}

const cutting = new AsyncLocalStorage<AbortSignal>();

/** Runs `work` so that its statements, on whichever connection, are cancelled when the signal comes: of a budget that is cut, or of a caller who has gone. */
export function within<T>(signal: AbortSignal, work: () => T): T {
  return cutting.run(signal, work);
}

/** For what a request begins and others wait for, too: it outlives the request, has no place in its line, and is not of its trace. */
export function beyondRequests<T>(work: () => T): T {
  return beyondTrace(() => inNoPlace(() => cutting.exit(work)));
}

/** Of the request for which this code runs; none for jobs, uploads and what several callers share. */
export function currentSignal(): AbortSignal | undefined {
  return cutting.getStore();
}
