import {
  journal,
  ownInstances,
  OWN_PREFIX,
  readRuns,
  type Grant,
  type Resources,
  type TaskDeployment,
} from './deployment';
import { findInstance } from './integrity';

export const readEvidence = (r: Resources): Grant => ({
  actions: ['dynamodb:GetItem', 'dynamodb:Query'],
  resources: [r.evidenceTableArn],
});

export const listBackups: Grant = {
  actions: ['rds:DescribeDBInstanceAutomatedBackups', 'rds:DescribeDBSnapshots'],
  resources: ['*'],
  why: 'what is left of an instance, here and in the region of its copies, is found by listing; both only read',
};

export const databaseDeployments: Record<string, TaskDeployment> = {
  'source-inspect': {
    environment: ['runsTable', 'evidenceTable'],
    grants: (r) => [readEvidence(r), ...findInstance(r), listBackups],
  },
  'source-choose': { environment: ['runsTable', 'evidenceTable'], grants: (r) => [...journal(r), readEvidence(r)] },
  'backup-moment': { environment: ['runsTable', 'evidenceTable'], grants: (r) => [readEvidence(r)] },
  'backup-choose': { environment: ['runsTable', 'evidenceTable'], grants: (r) => [...journal(r), readEvidence(r)] },
  'restorable-await': {
    environment: ['runsTable'],
    grants: (r) => [readRuns(r, 'Query'), ...findInstance(r), listBackups],
  },
  'settings-compare': {
    environment: ['runsTable'],
    grants: (r) => [{ actions: ['rds:DescribeDBInstances'], resources: [ownInstances(r)], why: OWN_PREFIX }],
  },
  'measure-record': { environment: ['runsTable'], grants: (r) => journal(r) },
  'rollback-count': { environment: ['runsTable'], grants: (r) => [...journal(r)] },
  'integrity-compare': { environment: ['runsTable', 'evidenceTable'], grants: (r) => [...journal(r), readEvidence(r)] },
};
