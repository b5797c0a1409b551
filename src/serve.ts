import { keepKey, startApi, stopOnSignals, type Running } from './application.js';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { FirstWorkspace } from './projects/keys/first-workspace.js';
import { SampleData } from './samples/sample-data.js';

export interface ServeOptions {
  /** Whether an empty database is given the sample projects. */
  sampleData: boolean;
}

/** Starts the API, makes the first key and the sample data where the database is new, and says where to go. */
export async function serve(environment: Record<string, string | undefined>, options: ServeOptions): Promise<void> {
  try {
    const running = await startApi(environment);
    stopOnSignals(running);
    await prepare(running, options);
  } catch (error) {
    console.error(`assay: ${(error as Error).message}`);
    process.exit(1);
  }
}

async function prepare(running: Running<NestFastifyApplication>, options: ServeOptions): Promise<void> {
  const { app, config, logger } = running;
  const { ASSAY_ADMIN_KEY, ASSAY_SAMPLE_DATA } = config.settings;
  const url = (await app.getUrl()).replace('[::1]', '127.0.0.1');
  const first = await app.get(FirstWorkspace).ensure(ASSAY_ADMIN_KEY);
  if (first && options.sampleData && ASSAY_SAMPLE_DATA) await app.get(SampleData).make(first.workspaceId);
  logger.info({ url: `${url}/graphql` }, 'listening');
  if (!first) return;
  if (ASSAY_ADMIN_KEY) {
    console.log('The admin key of ASSAY_ADMIN_KEY is installed.');
    return;
  }
  const file = await keepKey(config, first.key);
  console.log(`
Assay is ready. This is its admin key, shown this once and kept in ${file} (readable by you only):

  ${first.key}

Try it:

  curl -s ${url}/graphql -H 'content-type: application/json' -H 'authorization: Bearer ${first.key}' \\
    -d '{"query":"{ projects { nodes { id name classes voteCounts { votes items annotators } } } }"}'
`);
}
