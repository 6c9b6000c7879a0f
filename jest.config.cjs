/**
 * Four projects. `quick`: units and flows, on a virtual clock. `real`: what starts real servers, hosts or a browser.
 * `drills`: whole drills that end badly. `host`: documents on a real Debian host (docs/real-host.md).
 * `npm test` runs the first, and all of them with `-- --all`.
 */
const real = [
  '<rootDir>/test/documents/',
  '<rootDir>/test/report/browser.test.ts',
  '<rootDir>/test/sandbox/applications/',
  '<rootDir>/test/sandbox/databases/',
  '<rootDir>/test/sandbox/hosts/',
  '<rootDir>/test/sandbox/observer/',
  '<rootDir>/test/sandbox/scenarios/',
  '<rootDir>/test/sandbox/services/rds/',
];
const drills = ['<rootDir>/test/drills/', '<rootDir>/test/signals/'];
const host = ['<rootDir>/test/real-host/'];
/** The rules that the documents keep are quick to check, and too easy to break to be left to CI. */
const quickDocuments = ['<rootDir>/test/documents/rules.test.ts'];

const common = {
  testEnvironment: 'node',
  rootDir: __dirname,
  roots: ['<rootDir>/test'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2023', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } },
    ],
  },
};
const below = (paths) => paths.map((path) => (path.endsWith('/') ? `${path}**/*.test.ts` : path));

module.exports = {
  testTimeout: 60000,
  // What earlier files leave in a worker's memory makes the many ways of test/flows three times as slow.
  workerIdleMemoryLimit: '768MB',
  testSequencer: '<rootDir>/test/sequencer.cjs',
  projects: [
    {
      ...common,
      displayName: 'quick',
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      testPathIgnorePatterns: [
        ...real.filter((path) => path !== '<rootDir>/test/documents/'),
        ...drills,
        ...host,
        '<rootDir>/test/documents/(?!rules)',
      ],
    },
    {
      ...common,
      displayName: 'real',
      testMatch: below(real),
      testPathIgnorePatterns: quickDocuments,
    },
    { ...common, displayName: 'drills', testMatch: below(drills) },
    { ...common, displayName: 'host', testMatch: below(host) },
  ],
};
