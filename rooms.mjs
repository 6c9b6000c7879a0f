// Who may import whom: the last column of the table in docs/architecture.md. eslint.config.mjs turns it into
// `import-x/no-restricted-paths` zones and test/rooms/rooms.test.ts proves that a forbidden import is reported.
// Longest folder wins: lambdas/gateways is a room of its own inside lambdas.
export const rooms = {
  config: [],
  contract: ['config'],
  report: ['contract'],
  asl: [],
  'lambdas/runtime': ['contract'],
  'lambdas/gateways': ['contract', 'lambdas/runtime'],
  'lambdas/run': ['contract', 'lambdas/gateways', 'lambdas/runtime', 'report'],
  'lambdas/changes': ['contract', 'lambdas/gateways', 'lambdas/runtime', 'lambdas/run'],
  // Tasks prove their run's lease and record what they decide and check in its journal.
  'lambdas/hosts': ['contract', 'lambdas/gateways', 'lambdas/runtime', 'lambdas/run'],
  'lambdas/database': ['contract', 'lambdas/gateways', 'lambdas/runtime', 'lambdas/run'],
  'lambdas/application': ['contract', 'lambdas/gateways', 'lambdas/runtime', 'lambdas/run'],
  'lambdas/instances': ['contract', 'lambdas/gateways', 'lambdas/runtime', 'lambdas/run'],
  'lambdas/infrastructure': ['contract', 'lambdas/gateways', 'lambdas/runtime', 'lambdas/run'],
  'lambdas/integrity': ['contract', 'lambdas/gateways', 'lambdas/runtime', 'lambdas/run'],
  'lambdas/configuration': ['contract', 'lambdas/gateways', 'lambdas/runtime', 'lambdas/run'],
  'lambdas/undo': [
    'contract',
    'lambdas/gateways',
    'lambdas/runtime',
    'lambdas/run',
    'lambdas/integrity',
    'lambdas/application',
  ],
  'lambdas/validation': ['contract', 'lambdas/gateways', 'lambdas/runtime', 'lambdas/run', 'lambdas/integrity'],
  'lambdas/volumes': ['contract', 'lambdas/gateways', 'lambdas/runtime', 'lambdas/run'],
  'lambdas/regions': ['contract', 'lambdas/gateways', 'lambdas/runtime', 'lambdas/run'],
  lambdas: ['contract'],
  documents: [],
  statemachines: ['contract'],
  lib: ['config', 'contract', 'documents', 'statemachines'],
  sandbox: ['asl', 'contract', 'report'],
  cli: ['contract', 'config', 'report', 'sandbox'],
  bin: ['lib', 'cli', 'lambdas'],
};
