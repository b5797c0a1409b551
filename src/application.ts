import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { INestApplicationContext } from '@nestjs/common';
import type { Logger } from 'pino';
import { AppModule } from './app.module.js';
import { Jobs } from './jobs/jobs.service.js';
import { Config } from './platform/config.js';
import { migrateDatabase } from './platform/database/database.js';
import { Outages } from './platform/database/outages.js';
import { runningEmbeddedPostgres, startEmbeddedPostgres } from './platform/embedded-postgres/embedded-postgres.js';
import { Annex, type AnnexSource } from './platform/http/annex.js';
import { guardDoor } from './platform/http/door.js';
import { ErrorFilter } from './platform/http/error.filter.js';
import { HealthController } from './platform/http/health.controller.js';
import { createHttpAdapter } from './platform/http/http.js';
import { openWorkerDoor, type WorkerDoor } from './platform/http/worker-door.js';
import { InputValidation } from './platform/graphql/input-validation.js';
import { Callers } from './platform/lanes/callers.js';
import { createLogger, NestLogger } from './platform/logger.js';
import { MetricsController } from './platform/metrics.js';
import { Authenticator } from './platform/principal.js';
import { startTracing } from './platform/trace-export.js';

/** A process of Assay under way: what it is, and how it ends. */
export interface Running<App extends INestApplicationContext> {
  app: App;
  config: Config;
  logger: Logger;
  /** Finishes what was acknowledged, then ends modules and the embedded database. */
  stop: () => Promise<void>;
}

export interface ApiOptions {
  /** Makes what must be there before anybody is answered. */
  prepare?: (running: Running<NestFastifyApplication>) => Promise<void>;
  /** The program of a second process, which may be started when there is work for it. */
  annex?: URL;
  /** Whether this is such a process. */
  isAnnex?: boolean;
}

/**
 * The API: migrates the database, then listens.
 * @throws Error telling what is missing or misconfigured.
 */
export async function startApi(
  environment: Record<string, string | undefined>, { prepare, annex: annexFile, isAnnex = false }: ApiOptions = {},
): Promise<Running<NestFastifyApplication>> {
  const given = Config.read(environment);
  const logger = createLogger(given.settings);
  const tracing = await startTracing(given.settings, isAnnex ? 'annex' : 'api', logger);
  const database = await openDatabase(given, logger);
  try {
    const known = given.withDatabase(database.url);
    const config = isAnnex ? known.asAnnex() : known;
    const applied = await migrateDatabase(database.url);
    if (applied.length > 0) logger.info({ migrations: applied }, 'migrated');
    const { graphqlModule } = await import('./platform/graphql/graphql.module.js');
    const app = await NestFactory.create<NestFastifyApplication>(
      AppModule.with(config, [graphqlModule()]), createHttpAdapter(config, logger), { logger: new NestLogger(logger), abortOnError: false, bodyParser: true },
    );
    const annex = annexFile && config.settings.ASSAY_ANNEX !== 'never' ? new Annex(annexSource(annexFile, environment, config)) : null;
    guardDoor(app.getHttpAdapter().getInstance(), config.settings, { authenticator: app.get(Authenticator), callers: app.get(Callers), outages: app.get(Outages), annex });
    app.useGlobalFilters(new ErrorFilter(app.get(Outages)));
    app.useGlobalPipes(new InputValidation());
    await app.init();
    const stop = once(async () => {
      // At once, and not behind uploads that may take their time: runs are taken up by others.
      app.get(Jobs).takeNoMore();
      await app.close();
      await annex?.stop();
      await tracing.stop();
      await database.stop();
    });
    const running = { app, config, logger, stop };
    await prepare?.(running);
    await app.listen(config.settings.PORT, config.settings.HOST);
    return running;
  } catch (error) {
    await tracing.stop();
    await database.stop();
    throw error;
  }
}

/** PATH, locale and the like, of which the settings know nothing, and the settings with all that has been found out since. */
function annexSource(file: URL, environment: Record<string, string | undefined>, config: Config): AnnexSource {
  return { file, environment: { ...environment, ...config.ofAnnex }, isBegun: config.settings.ASSAY_ANNEX === 'always' };
}

/**
 * A process that works on jobs and is asked nothing but how it does, and that only where WORKER_PORT is set.
 * The database is the API's: given by DATABASE_URL, or the embedded one that runs.
 */
export async function startWorker(environment: Record<string, string | undefined>): Promise<Running<INestApplicationContext> & { door: WorkerDoor | null }> {
  const given = Config.read({ ...environment, ASSAY_WORK: 'true' });
  const logger = createLogger(given.settings);
  const tracing = await startTracing(given.settings, 'worker', logger);
  const url = await findDatabase(given);
  await migrateDatabase(url);
  const config = given.withDatabase(url);
  const app = await NestFactory.createApplicationContext(AppModule.with(config), { logger: new NestLogger(logger), abortOnError: false });
  const stop = once(async () => { await app.close(); await tracing.stop(); });
  const { HOST, WORKER_PORT } = config.settings;
  try {
    const door = WORKER_PORT == null ? null : await openWorkerDoor({ host: HOST, port: WORKER_PORT }, app.get(HealthController), app.get(MetricsController));
    logger.info(door ? { url: door.url } : {}, 'working');
    return { app, config, logger, door, stop: once(async () => { await stop(); await door?.close(); }) };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** For commands beside a running service or without one: the modules, without listening; they take jobs where asked. */
export async function openService(environment: Record<string, string | undefined>, work = false): Promise<Running<INestApplicationContext>> {
  const given = Config.read({ LOG_LEVEL: 'warn', EXECUTION_TIMEOUT_MS: '3600000', ...environment, ASSAY_WORK: String(work) });
  const logger = createLogger(given.settings);
  const running = given.settings.DATABASE_URL ?? await runningEmbeddedPostgres(given.settings.ASSAY_DATA_DIR);
  const database = running ? { url: running, stop: async () => {} } : await openDatabase(given, logger);
  try {
    await migrateDatabase(database.url);
    const config = given.withDatabase(database.url);
    const app = await NestFactory.createApplicationContext(AppModule.with(config), { logger: new NestLogger(logger), abortOnError: false });
    return { app, config, logger, stop: once(async () => { await app.close(); await database.stop(); }) };
  } catch (error) {
    await database.stop();
    throw error;
  }
}

/** What nobody has caught ends the process, told as any other fault: Node's own way prints an error with all that hangs on it. */
function tellLastWords(logger: Logger): void {
  process.on('uncaughtException', (error: unknown, origin) => {
    logger.fatal({ err: error, origin }, 'nobody has caught this; the process ends');
    process.exit(1);
  });
}

/** Ends the process on SIGINT and SIGTERM, in order; a second signal, or the time limit, ends it at once. */
export function stopOnSignals({ config, logger, stop }: Running<INestApplicationContext>): void {
  tellLastWords(logger);
  let stopping = false;
  const onSignal = (signal: string) => {
    if (stopping) process.exit(1);
    stopping = true;
    logger.info({ signal }, 'stopping');
    setTimeout(() => {
      logger.error('work under way did not end in time');
      process.exit(1);
    }, config.settings.SHUTDOWN_TIMEOUT_SECONDS * 1000).unref();
    stop().then(() => process.exit(0), (error: unknown) => {
      logger.error({ err: error }, 'the stop failed');
      process.exit(1);
    });
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
}

/** Keeps a first key where only this user reads it. @returns the file. */
export async function keepKey(config: Config, key: string): Promise<string> {
  const folder = config.settings.ASSAY_DATA_DIR;
  const file = join(folder, 'admin-key');
  await mkdir(folder, { recursive: true });
  await writeFile(file, `${key}\n`, { mode: 0o600 });
  await chmod(file, 0o600);
  return file;
}

export async function openDatabase(config: Config, logger: Logger): Promise<{ url: string; stop(): Promise<void> }> {
  const { DATABASE_URL, ASSAY_DATA_DIR } = config.settings;
  if (DATABASE_URL) return { url: DATABASE_URL, stop: async () => {} };
  return startEmbeddedPostgres({ dataDir: ASSAY_DATA_DIR, log: (message) => logger.info(message) });
}

async function findDatabase(config: Config): Promise<string> {
  const { DATABASE_URL, ASSAY_DATA_DIR } = config.settings;
  const url = DATABASE_URL ?? await runningEmbeddedPostgres(ASSAY_DATA_DIR);
  if (!url) throw new Error(`no database runs in ${ASSAY_DATA_DIR}: start the API there first, or set DATABASE_URL`);
  return url;
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => (done ??= work());
}
