// The real-server test has a configuration of its own: it takes minutes and Python, so the plain test run leaves it out.

import { defineConfig } from 'vitest/config';

const MINUTE_MS = 60_000;

export default defineConfig({
  test: {
    include: ['test/real/*.real.test.ts'],
    testTimeout: 10 * MINUTE_MS,
    hookTimeout: 25 * MINUTE_MS,
    // Each file starts servers of its own, and there may be two cores.
    fileParallelism: false,
    // Progress is shown as it happens.
    disableConsoleIntercept: true,
    reporters: ['verbose'],
  },
});
