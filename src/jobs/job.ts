/** One kind of work that any process may take up, declared by the module that does it. */
export interface Job<Payload extends object> {
  readonly name: string;
  /** How many a process does at once. */
  readonly concurrency: number;
  /** Never there; ties the payload's type to the job. */
  readonly payload?: Payload;
}

/** What does the work. `stop` is aborted when the process is asked to end: give the work back and return. */
export type JobHandler<Payload extends object> = (payload: Payload, stop: AbortSignal) => Promise<void>;

const declared = new Map<string, Job<object>>();

export function defineJob<Payload extends object>(name: string, concurrency: number): Job<Payload> {
  if (declared.has(name)) throw new Error(`the job ${name} is declared twice`);
  const job = { name, concurrency };
  declared.set(name, job);
  return job;
}

export function declaredJobs(): readonly Job<object>[] {
  return [...declared.values()];
}
