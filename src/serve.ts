import { keepKey, startApi, stopOnSignals, type Running } from './application.js';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { FirstWorkspace } from './projects/keys/first-workspace.js';
import { SampleData } from './samples/sample-data.js';

export interface ServeOptions {
  /** Whether an empty database is given the sample projects. */
  sampleData: boolean;
}

/** Starts the API, makes the first key and the sample data where the database is new, and says where to go. Whoever is answered meets all of it. */
export async function serve(environment: Record<string, string | undefined>, options: ServeOptions): Promise<void> {
  try {
    let first: FirstKey | null = null;
    const { app, logger } = await startApi(environment, {
      annex: new URL('./annex.js', import.meta.url),
      prepare: async (running) => {
        stopOnSignals(running);
        first = await prepare(running, options);
      },
    });
    const url = (await app.getUrl()).replace('[::1]', '127.0.0.1');
    logger.info({ url: `${url}/graphql` }, 'listening');
    if (first) welcome(first, url);
  } catch (error) {
    console.error(`assay: ${(error as Error).message}`);
    process.exit(1);
  }
}

/** The first key: the operator's own, or a new one and the file that keeps it. */
type FirstKey = { file: null } | { file: string; key: string };

/** @returns null where the database is not new. */
async function prepare({ app, config }: Running<NestFastifyApplication>, options: ServeOptions): Promise<FirstKey | null> {
  const { ASSAY_ADMIN_KEY, ASSAY_SAMPLE_DATA } = config.settings;
  const first = await app.get(FirstWorkspace).ensure(ASSAY_ADMIN_KEY);
  if (!first) return null;
  const file = ASSAY_ADMIN_KEY ? null : await keepKey(config, first.key);
  if (options.sampleData && ASSAY_SAMPLE_DATA) await app.get(SampleData).make(first.workspaceId);
  return file == null ? { file } : { file, key: first.key };
}

/** To a terminal the key itself; anything else on standard output is a log, which others read. */
function welcome(first: FirstKey, url: string): void {
  if (first.file == null) {
    console.log('The admin key of ASSAY_ADMIN_KEY is installed.');
    return;
  }
  const { isTTY } = process.stdout;
  console.log(`
Assay is ready. ${isTTY ? 'This is its admin key, shown this once and kept' : 'Its admin key is'} in ${first.file} (readable by you only)${isTTY ? `:

  ${first.key}` : '.'}

Try it:

  curl -s ${url}/graphql -H 'content-type: application/json' -H "authorization: Bearer $(cat ${first.file})" \\
    -d '{"query":"{ projects { nodes { id name classes voteCounts { votes items annotators } } } }"}'
`);
}
