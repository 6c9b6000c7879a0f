import * as parser from '@typescript-eslint/parser';
import importX from 'eslint-plugin-import-x';
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import { rooms } from './rooms.mjs';

const names = Object.keys(rooms);

/** One zone a room: everything of ours is closed to it except itself and what `rooms` grants. */
const zones = names.map((room) => {
  const granted = [room, ...rooms[room]];
  const insideOf = (folder) => names.filter((other) => other !== folder && other.startsWith(`${folder}/`));
  const closed = names.filter((other) => !granted.includes(other));
  return {
    // Rooms inside this room have a zone of their own.
    target:
      insideOf(room).length > 0
        ? [
            `./${room}/!(${insideOf(room)
              .map((n) => n.slice(room.length + 1))
              .join('|')})/**/*`,
            `./${room}/*.ts`,
          ]
        : `./${room}/**/*`,
    from: closed
      .map((other) => {
        const inner = insideOf(other).map((n) => n.slice(other.length + 1));
        return inner.length > 0 ? `./${other}/!(${inner.join('|')})/**/*` : `./${other}/**/*`;
      })
      .concat(closed.filter((other) => insideOf(other).length > 0).map((other) => `./${other}/*.ts`)),
    message: `${room}/ may import only: ${granted.join(', ')} (docs/architecture.md, Rooms).`,
  };
});

const sdk = { group: ['@aws-sdk/*', '@smithy/*'], message: 'Only lambdas/gateways talk to AWS.' };
const cdk = {
  group: ['aws-cdk-lib', 'aws-cdk-lib/*', 'constructs', 'cdk-nag'],
  message: 'The CDK belongs to bin, lib and statemachines.',
};
/** Packages that are closed to a room. One entry a room: a later one for the same files would replace the rule, not add to it. */
const closedPackages = {
  config: [sdk, cdk],
  contract: [sdk, cdk],
  report: [sdk, cdk],
  asl: [sdk, cdk],
  documents: [sdk, cdk],
  statemachines: [sdk],
  lib: [sdk],
  cli: [cdk],
  sandbox: [cdk],
  'lambdas/gateways': [cdk],
  'lambdas/!(gateways)': [sdk, cdk],
};

/** Who may import whom. What a file is held against by itself is in .oxlintrc.json, whose linter is many times faster with types. */
export default [
  {
    ignores: [
      'node_modules/',
      'cdk.out/',
      'dist/',
      'drills/',
      '**/*.mjs',
      '**/*.js',
      '**/*.cjs',
      'sandbox/applications/*/repository/**',
    ],
  },
  {
    files: ['**/*.ts'],
    languageOptions: { parser },
    plugins: { 'import-x': importX },
    settings: { 'import-x/resolver-next': [createTypeScriptImportResolver()] },
    rules: { 'import-x/no-restricted-paths': ['error', { zones }] },
  },
  ...Object.entries(closedPackages).map(([room, patterns]) => ({
    files: [`${room}/**/*.ts`],
    rules: { 'no-restricted-imports': ['error', { patterns }] },
  })),
];
