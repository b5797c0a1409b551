import { Controller, Get, Inject, Optional } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { missingMigrations } from '../database/database.js';
import { AssayError } from '../errors.js';
import { OpenToAll } from '../principal.js';

/** What a module above says of its own readiness; the job queue does. */
export abstract class ReadinessCheck {
  abstract readonly name: string;
  /** @returns null when ready, else what is wrong. */
  abstract check(): Promise<string | null>;
}

@Controller()
export class HealthController {
  constructor(
    private readonly source: DataSource,
    @Optional() @Inject(ReadinessCheck) private readonly queue?: ReadinessCheck,
  ) {}

  /** The process runs and answers. */
  @Get('livez')
  @OpenToAll()
  live() {
    return { status: 'ok' };
  }

  /** The process can do its work: database, schema and queue. */
  @Get('readyz')
  @OpenToAll()
  async ready() {
    const missing = await missingMigrations(this.source).catch((error: Error) => {
      throw new AssayError('UNAVAILABLE', `database: ${error.message}`, { retryAfterSeconds: 2 });
    });
    if (missing.length > 0) throw new AssayError('UNAVAILABLE', `migrations: ${missing.join(', ')} not applied; run assay migrate`);
    const fault = await this.queue?.check();
    if (fault) throw new AssayError('UNAVAILABLE', `${this.queue!.name}: ${fault}`, { retryAfterSeconds: 2 });
    return { status: 'ok', database: 'ok', migrations: 'ok', queue: this.queue ? 'ok' : 'not used here' };
  }
}
