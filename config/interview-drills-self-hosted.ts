import { application } from './describe';
import { interviewDrills } from './interview-drills';
import type { Application } from './schema';

type Environment = Application['environments']['drill'];

/** PostgreSQL on a host of its own: nothing of RDS, and no alarm on an instance. */
function selfHosted({ database, ...environment }: Environment, value: string): Environment {
  return {
    ...environment,
    databaseAlarms: [],
    // A replica that follows by RDS is what another region takes over with.
    standby: undefined,
    database: {
      ...database,
      monitoringRoleArn: undefined,
      copyRegion: undefined,
      engine: 'self-hosted',
      cutOver: 'dns',
      fenceSecurityGroupId: 'none',
      selfHosted: { tag: { key: 'lifeboat:database', value }, backupFolder: '/backup' },
    },
  };
}

/**
 * Interview Drills with a self-hosted database (`cdk synth -c lifeboat:database=self-hosted`, lib/app.ts): the same in
 * everything else. With it the plans of a self-hosted database are drilled.
 */
export const interviewDrillsSelfHosted = application({
  ...interviewDrills,
  environments: {
    production: selfHosted(interviewDrills.environments.production, 'interview-drills-production'),
    drill: selfHosted(interviewDrills.environments.drill, 'interview-drills-drill'),
  },
});
