import { Controller, Get, Inject, Optional } from '@nestjs/common';
import { Outages } from '../database/outages.js';
import { AssayError } from '../errors.js';
import { Described, json, object, oneOf } from '../openapi.js';
import { OpenToAll } from '../principal.js';

/** What a module above says of its own readiness; the job queue does. */
export abstract class ReadinessCheck {
  abstract readonly name: string;
  /** @returns null when ready, else what is wrong. Answers at once: it asks nobody. */
  abstract check(): string | null;
}

const live = object<ReturnType<HealthController['live']>>('Live', { status: oneOf(['ok']) });
const ready = object<Awaited<ReturnType<HealthController['ready']>>>('Ready', {
  status: oneOf(['ok']), database: oneOf(['ok']), migrations: oneOf(['ok']), queue: oneOf(['ok', 'not used here'], 'The queue of jobs.'),
});

@Controller()
export class HealthController {
  constructor(
    private readonly outages: Outages,
    @Optional() @Inject(ReadinessCheck) private readonly queue?: ReadinessCheck,
  ) {}

  /** The process runs and answers. */
  @Get('livez')
  @OpenToAll()
  @Described({ id: 'live', tag: 'process', summary: 'Whether the process runs and answers.', answers: { 200: json('It does.', live) } })
  live() {
    return { status: 'ok' };
  }

  /** The process can do its work: the database takes writes, its schema is ours, and what is done again and again succeeds. Answers within 3 s. */
  @Get('readyz')
  @OpenToAll()
  @Described({
    id: 'ready', tag: 'process', summary: 'Whether the process can do its work.', description: 'Answers within 3 s. Where it cannot, 503 tells what is wrong.',
    answers: { 200: json('It can: the database takes writes, its schema is that of this version, and jobs are taken.', ready) },
  })
  async ready() {
    const { fault, missing, newer } = await this.outages.probe.look();
    if (fault) throw notReady(`database: ${fault}`);
    if (missing.length > 0) throw notReady(`migrations: ${missing.join(', ')} not applied; run assay migrate`);
    if (newer.length > 0) throw notReady(`migrations: ${newer.join(', ')} are newer than this process; start its successor`);
    const stuck = this.queue?.check();
    if (stuck) throw notReady(`${this.queue!.name}: ${stuck}`);
    return { status: 'ok', database: 'ok', migrations: 'ok', queue: this.queue ? 'ok' : 'not used here' };
  }
}

function notReady(message: string): AssayError {
  return new AssayError('UNAVAILABLE', message, { retryAfterSeconds: 2 });
}
