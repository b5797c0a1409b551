import { resolve } from 'node:path';
import { z } from 'zod';
import type { Lane } from './place.js';

const flag = (fallback: boolean) =>
  z.enum(['true', 'false', '1', '0']).default(fallback ? 'true' : 'false').transform((v) => v === 'true' || v === '1');
const whole = (fallback: number, min: number, max: number) => z.coerce.number().int().min(min).max(max).default(fallback);

/** Each setting's name in the environment, its form, default and meaning. */
const settings = z.object({
  NODE_ENV: z.enum(['production', 'development', 'test']).default('production')
    .describe('development adds stack traces, suggestions and the GraphQL explorer to answers'),
  HOST: z.string().min(1).default('127.0.0.1').describe('address to listen on'),
  PORT: whole(3000, 0, 65535).describe('port to listen on; 0 takes a free one'),
  WORKER_PORT: z.coerce.number().int().min(0).max(65535).optional()
    .describe('port at which a worker answers /livez, /readyz and /metrics, and nothing else; without it a worker listens to nobody'),
  DATABASE_URL: z.string().regex(/^postgres(ql)?:\/\//, 'must begin with postgres:// or postgresql://').optional()
    .describe('a PostgreSQL of 15 or later; without it an embedded one starts in ASSAY_DATA_DIR'),
  DATABASE_POOL: whole(24, 9, 200).describe('database connections of this process, shared out to the kinds of its work'),
  ASSAY_DATA_DIR: z.string().min(1).default('.assay').transform((v) => resolve(v))
    .describe('folder of the embedded database, the first key and kept votes'),
  ASSAY_WORK: flag(true).describe('whether the API process also works on runs; set false where workers run apart'),
  ASSAY_ANNEX: z.enum(['auto', 'always', 'never']).default('never')
    .describe('whether reads and files are worked on by a second process, so that they keep no vote and no next item waiting; auto: once two workspaces call'),
  ASSAY_SAMPLE_DATA: flag(true).describe('whether an empty database is given sample projects at first start'),
  ASSAY_ADMIN_KEY: z.string().regex(/^assay_[0-9a-z]{8}_[0-9A-Za-z]{43}$/, 'must look like assay_<8>_<43 characters>').optional()
    .describe('the admin key to install at first start instead of a random one'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent']).default('info').describe('least level that is logged'),
  MAX_BODY_BYTES: whole(16 * 1024 * 1024, 1024, 1024 ** 3).describe('largest GraphQL request body'),
  BODY_TIMEOUT_SECONDS: whole(30, 1, 3600).describe('how long the body of a call may take to come, but for uploads'),
  MAX_SOCKETS_PER_KEY: whole(100, 1, 100_000).describe('WebSockets that one key may have open in a process'),
  MAX_SUBSCRIPTIONS_PER_SOCKET: whole(100, 1, 100_000).describe('subscriptions at once on a WebSocket'),
  CALLS_PER_MINUTE_PER_KEY: whole(100_000, 1, 1_000_000_000).describe('requests of a key in a minute, where the key has no number of its own'),
  MAX_CALLS_PER_KEY: whole(256, 1, 1_000_000).describe('GraphQL requests of a key at once'),
  MAX_CALLS_PER_WORKSPACE: whole(512, 1, 1_000_000).describe('GraphQL requests of a workspace at once'),
  MAX_UPLOADS_PER_KEY: whole(4, 1, 1_000_000).describe('uploads of a key at once'),
  MAX_UPLOADS_PER_WORKSPACE: whole(8, 1, 1_000_000).describe('uploads of a workspace at once'),
  MAX_DOWNLOADS_PER_KEY: whole(8, 1, 1_000_000).describe('downloads of a key at once'),
  MAX_DOWNLOADS_PER_WORKSPACE: whole(16, 1, 1_000_000).describe('downloads of a workspace at once'),
  MAX_HELD_BYTES_PER_KEY: whole(64 * 1024 * 1024, 1024, 1024 ** 4).describe("bodies and answers held in memory for a key's requests at once"),
  MAX_HELD_BYTES_PER_WORKSPACE: whole(256 * 1024 * 1024, 1024, 1024 ** 4).describe("bodies and answers held in memory for a workspace's requests at once"),
  MAX_CONNECTIONS_PER_ADDRESS: whole(1000, 1, 1_000_000).describe('connections from one address at once; raise it where all callers come by one proxy'),
  MAX_BULK_BYTES: whole(8 * 1024 ** 3, 1024, 1024 ** 4).describe('largest bulk upload, as it is sent'),
  MAX_UNPACKED_BYTES: whole(64 * 1024 ** 3, 1024, 1024 ** 4).describe('largest text that a gzip upload may unpack to'),
  MAX_QUERY_TOKENS: whole(4000, 100, 1_000_000).describe('lexical tokens in a GraphQL document'),
  MAX_QUERY_DEPTH: whole(12, 2, 100).describe('nesting of a GraphQL document'),
  MAX_QUERY_ALIASES: whole(30, 0, 10_000).describe('aliases in a GraphQL document'),
  MAX_QUERY_DIRECTIVES: whole(50, 0, 10_000).describe('directives in a GraphQL document'),
  MAX_QUERY_COST: whole(100_000, 100, 100_000_000).describe('fields in an answer and what they read, by estimate and while executing'),
  MAX_ANSWER_BYTES: whole(64 * 1024 * 1024, 1024, 1024 ** 3).describe('largest GraphQL answer, about'),
  EXECUTION_TIMEOUT_MS: whole(30_000, 100, 3_600_000).describe('longest GraphQL execution, which is then ended with its statements, and longest SQL statement of a request'),
  MAX_RUN_OPERATIONS: z.coerce.number().min(1e6).max(1e18).default(1e13).describe('steps that a run may take, by estimate; a core does about 3e8 a second'),
  MAX_RUN_MEGABYTES: whole(16_384, 16, 1_000_000_000).describe('memory that the arrays of a run may take, by estimate'),
  KEPT_VOTES_MEGABYTES: whole(4096, 0, 1_000_000_000)
    .describe("room in ASSAY_DATA_DIR for large projects' sorted votes, so that their next run reads only what is new; 0 keeps none"),
  DELETED_PROJECT_DAYS: whole(7, 0, 3650).describe('how long a deleted project can be restored; then it is purged'),
  SHUTDOWN_TIMEOUT_SECONDS: whole(30, 1, 3600).describe('how long a stop waits for work under way'),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.string().regex(/^https?:\/\//, 'must begin with http:// or https://').optional()
    .describe('a collector that takes traces by OTLP over HTTP; without it nothing is traced'),
  OTEL_EXPORTER_OTLP_PROTOCOL: z.enum(['http/protobuf', 'http/json']).default('http/protobuf').describe('how spans are written'),
  OTEL_SERVICE_NAME: z.string().min(1).default('assay').describe('the service as its traces name it'),
  OTEL_TRACES_EXPORTER: z.enum(['otlp', 'none']).default('otlp').describe('none: no traces, though a collector is named'),
  OTEL_SDK_DISABLED: z.string().default('false').transform((v) => v.toLowerCase() === 'true').describe('true: no traces, though a collector is named'),
});

export type Settings = z.infer<typeof settings>;

/** Not to be shown, not even where it is wrong: most of it may be right. */
const SECRET: readonly string[] = ['DATABASE_URL', 'ASSAY_ADMIN_KEY', 'OTEL_EXPORTER_OTLP_ENDPOINT'] satisfies (keyof Settings)[];

/** What the process was told, checked whole. A class so that Nest can hand it on. */
export class Config {
  private constructor(
    readonly settings: Settings,
    /** Whether the process belongs to another one, which sends it what to work on; see platform/http/annex.ts. */
    readonly isAnnex = false,
  ) {}

  /** @throws Error naming every faulty variable, its value's fault and its meaning. */
  static read(environment: Record<string, string | undefined>): Config {
    const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
    const parsed = settings.safeParse(given);
    if (parsed.success) return new Config(parsed.data);
    const faults = parsed.error.issues.map((issue) => {
      const name = String(issue.path[0]);
      const meaning = settings.shape[name as keyof Settings]?.description ?? '';
      const value = SECRET.includes(name) ? '(not shown)' : JSON.stringify(environment[name]);
      return `  ${name}=${value}: ${issue.message} (${meaning})`;
    });
    throw new Error(`the environment does not configure Assay:\n${faults.join('\n')}`);
  }

  /** The same settings, once the database is known. */
  withDatabase(url: string): Config {
    return new Config({ ...this.settings, DATABASE_URL: url });
  }

  /** What the process that belongs to this one is told: all callers come to it from one address, and it works on no jobs. */
  get ofAnnex(): Record<string, string> {
    const told: Partial<Settings> = { ...this.settings, HOST: '127.0.0.1', PORT: 0, ASSAY_WORK: false, ASSAY_ANNEX: 'never', MAX_CONNECTIONS_PER_ADDRESS: 1_000_000 };
    return Object.fromEntries(Object.entries(told).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])));
  }

  asAnnex(): Config {
    return new Config(this.settings, true);
  }

  /** What of the pool is whose: a quarter for the statements that are asked most (platform/database/prepared.ts), the rest for downloads and the lanes. */
  get connections(): { prepared: number; downloads: number; lanes: Record<Lane, number> } {
    const all = this.settings.DATABASE_POOL;
    const share = (part: number) => Math.max(1, Math.floor(all * part));
    const [prepared, votes, reads, bulk, downloads] = [share(1 / 4), share(1 / 4), share(1 / 6), share(1 / 8), share(1 / 10)] as const;
    return { prepared, downloads, lanes: { votes, reads, bulk, background: all - prepared - votes - reads - downloads - bulk } };
  }

  get isDevelopment(): boolean {
    return this.settings.NODE_ENV === 'development';
  }
}

/** Name, default and meaning of every setting, for --help and the docs. */
export function describeSettings(): { name: string; fallback: string; meaning: string }[] {
  const defaults = settings.parse({});
  return Object.entries(settings.shape).map(([name, shape]) => ({
    name,
    fallback: name === 'ASSAY_DATA_DIR' ? '.assay' : String(defaults[name as keyof Settings] ?? ''),
    meaning: shape.description ?? '',
  }));
}
