import { defineConfig } from 'vitest/config'

/** Code that holds tests of its own; the suites below `test/` that need a whole stack come by name. */
const CODE = '{proto,workflows,services,deploy,test}'
const STACK_SUITES = ['test/{browser,charts,contract,e2e,chaos,load,cluster,observe,replay}/**']
const EVERYWHERE = ['**/node_modules/**', '**/dist/**', '**/.onus/**']

/**
 * Tests that stand on real servers or a real browser are tried a second time before they fail: a machine that is
 * shared stalls now and then. `npm test` names at its end each that needed it.
 */
const retry = 1

/** How long a condition is waited for that says no time of its own. */
const expect = { poll: { timeout: 15_000, interval: 50 } }

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: [`${CODE}/**/*.test.ts`],
          exclude: [
            ...EVERYWHERE,
            ...STACK_SUITES,
            '**/*.int.test.ts',
            '**/*.wf.test.ts',
            '**/*.replay.test.ts',
          ],
          testTimeout: 10_000,
          expect: { poll: { timeout: 5_000 } },
        },
      },
      {
        test: {
          name: 'integration',
          include: [`${CODE}/**/*.int.test.ts`],
          exclude: [...EVERYWHERE, ...STACK_SUITES],
          testTimeout: 60_000,
          hookTimeout: 180_000,
          maxWorkers: 2,
          retry,
          expect,
        },
      },
      {
        test: {
          name: 'workflow',
          include: [`${CODE}/**/*.wf.test.ts`],
          exclude: [...EVERYWHERE, ...STACK_SUITES],
          testTimeout: 60_000,
          hookTimeout: 180_000,
          maxWorkers: 2,
          retry,
          expect,
        },
      },
      {
        test: {
          name: 'replay',
          include: [`${CODE}/**/*.replay.test.ts`, 'test/replay/**/*.test.ts'],
          exclude: EVERYWHERE,
          testTimeout: 60_000,
          hookTimeout: 180_000,
        },
      },
      {
        test: {
          name: 'charts',
          include: ['test/charts/**/*.test.ts'],
          exclude: EVERYWHERE,
          testTimeout: 120_000,
        },
      },
      ...['contract', 'e2e', 'browser', 'observe', 'chaos', 'cluster'].map((name) => ({
        test: {
          name,
          include: [`test/${name}/**/*.test.ts`],
          exclude: EVERYWHERE,
          testTimeout: 600_000,
          hookTimeout: 600_000,
          fileParallelism: false,
          expect,
          ...(!['contract', 'cluster'].includes(name) && { retry }),
        },
      })),
    ],
  },
})
