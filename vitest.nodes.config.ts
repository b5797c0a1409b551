import swc from 'unplugin-swc';
import { defineConfig } from 'vitest/config';

/** The build, under each Node that is promised: `npm run test:nodes`. */
export default defineConfig({
  plugins: [swc.vite()],
  oxc: false,
  test: {
    include: ['test/nodes/*.test.ts'],
    pool: 'forks',
    testTimeout: 1_200_000,
    hookTimeout: 600_000,
  },
});
