import { createRequire } from 'node:module';
import swc from 'unplugin-swc';
import { defineConfig } from 'vitest/config';

/** The first declares a job of its own, which every service in the process would then have to handle; the others compute, and functions that other tests called with other shapes are compiled to slower code: 90 s instead of 37. */
const alone = ['test/jobs/jobs.test.ts', 'test/aggregation/acquisition/activelab.golden.test.ts', 'test/aggregation/fast-path.test.ts'];

export default defineConfig({
  plugins: [swc.vite()],
  oxc: false,
  // The file that Node itself takes: else graphql is loaded twice, as ESM here and as CommonJS by Nest.
  resolve: { alias: [{ find: /^graphql$/, replacement: createRequire(import.meta.url).resolve('graphql') }] },
  test: {
    globalSetup: ['test/setup/global.ts'],
    pool: 'forks',
    // Files share processes: to read all modules anew for each of them was a third of the suite's time. Not so what leaves traces in modules.
    projects: [
      { extends: true, test: { name: 'shared', include: ['test/**/*.test.ts'], exclude: ['test/faults/**', 'test/nodes/**', ...alone], isolate: false } },
      { extends: true, test: { name: 'alone', include: alone } },
    ],
    // On two cores: a third file goes on while others wait for deadlines, threads and the database. 706 s of all, 844 s with two.
    maxWorkers: 3,
    // For what hangs; no test is about how long it takes. Nothing is waited for longer than a test may take: see setup/until.ts.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    expect: { poll: { timeout: 180_000 } },
  },
});
