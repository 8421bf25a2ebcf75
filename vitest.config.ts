import { defineConfig } from 'vitest/config';

// Tests import the packages' sources (condition `@attune/source`), so they need no build.
export default defineConfig({
  resolve: { conditions: ['@attune/source'] },
  ssr: { resolve: { conditions: ['@attune/source'] } },
  test: {
    include: [
      'packages/*/src/**/*.test.ts',
      'packages/*/bench/**/*.test.ts',
      'apps/*/src/**/*.test.ts',
      'test-fixtures/src/**/*.test.ts',
    ],
    // What hangs is to be found; nothing is timed: a loaded machine must not fail a test.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    pool: 'forks',
    maxWorkers: 2,
  },
});
