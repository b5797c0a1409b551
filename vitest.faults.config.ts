import { createRequire } from 'node:module';
import swc from 'unplugin-swc';
import { defineConfig } from 'vitest/config';

/** The long soaks and the kill -9 tests: one file at a time, each with servers and databases of its own. */
export default defineConfig({
  plugins: [swc.vite()],
  oxc: false,
  // The file that Node itself takes: else graphql is loaded twice, as ESM here and as CommonJS by Nest.
  resolve: { alias: [{ find: /^graphql$/, replacement: createRequire(import.meta.url).resolve('graphql') }] },
  test: {
    include: ['test/faults/**/*.test.ts'],
    globalSetup: ['test/setup/global.ts'],
    pool: 'forks',
    maxWorkers: 1,
    fileParallelism: false,
    reporters: ['default', './test/faults/promises/table.ts'],
    // The full dose takes hours.
    testTimeout: process.env.ASSAY_DOSE === 'full' ? 7_200_000 : 600_000,
    hookTimeout: 120_000,
  },
});
