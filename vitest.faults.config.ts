import swc from 'unplugin-swc';
import { defineConfig } from 'vitest/config';

/** The long soaks and the kill -9 tests: one file at a time, each with servers and databases of its own. */
export default defineConfig({
  plugins: [swc.vite()],
  oxc: false,
  test: {
    include: ['test/faults/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 1,
    fileParallelism: false,
    testTimeout: 600_000,
    hookTimeout: 120_000,
  },
});
