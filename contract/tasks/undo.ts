import * as z from 'zod';
import { descriptionSchema } from '../../config/schema';
import { changeKindSchema } from '../changes';
import { integrityMeasureSchema } from '../documents';
import { requestSchema, runIdSchema, runRefSchema } from '../run';
import { task } from './task';
import { undoRegionTasks } from './undo-regions';

const parameters = z.record(z.string(), z.string());
/** Where a host reaches a database; on a server of one's own the one before has another name. */
const place = z.strictObject({ address: z.string(), port: z.number().int(), name: z.string() });

/** Tasks of the plan `undo`; `lambdas/undo/`. */
export const undoTasks = {
  'undo-open': task({
    name: 'undo-open',
    capability: 'undo',
    does: 'Reads the journal of the run that is to be undone, refuses what cannot be, and says in which order what is taken back.',
    arguments: z.strictObject({ run: runRefSchema, request: requestSchema, description: descriptionSchema }),
    result: z.strictObject({
      of: runIdSchema,
      /** Without what leads users back to another region, which `regions` is about. */
      walk: z.array(z.strictObject({ key: z.string(), kind: changeKindSchema })),
      /** Whether Auto Scaling holds still meanwhile: hosts restart, and one that is not healthy at once would be terminated. */
      holds: z.boolean(),
      /** Whether the application is closed meanwhile: the run had closed it. */
      closes: z.boolean(),
      /** How long resolvers may keep a record that is moved back, seconds. */
      ttlSeconds: z.number().int(),
      /** Where the run has put another database into the place of the one before: both, as a host reaches them. */
      databases: z
        .strictObject({ serving: place, before: place, probeServing: parameters, probeBefore: parameters })
        .nullable(),
      /** Where the run led users to another region: which way back loses nothing, in a sentence. */
      regions: z.strictObject({ instead: z.string() }).nullable(),
    }),
    throws: [
      'LeaseLostError',
      'RunUnknownError',
      'RunNotFinishedError',
      'RunElsewhereError',
      'NothingToUndoError',
      'AlreadyUndoneError',
      'RunSupersededError',
      'NoWayBackError',
      'LaunchTemplateUnfitError',
    ],
    timeoutSeconds: 60,
  }),
  'undo-count': task({
    name: 'undo-count',
    capability: 'undo',
    does: 'Counts the rows that the database in service has accepted since the run put it there, and refuses to lose them unless a person has accepted just that.',
    arguments: z.strictObject({
      run: runRefSchema,
      of: runIdSchema,
      serving: integrityMeasureSchema,
      before: integrityMeasureSchema,
      acceptLoss: z.boolean(),
      /** Behind the fence, when nothing can be accepted any more: then it only counts. */
      isFenced: z.boolean(),
      /** A way back that loses nothing, in a sentence; null where there is none. */
      instead: z.string().nullable(),
    }),
    /** Null where it cannot be counted. */
    result: z.strictObject({ rows: z.number().int().nullable(), words: z.string() }),
    throws: ['LeaseLostError', 'LossNotAcceptedError'],
    timeoutSeconds: 30,
  }),
  ...undoRegionTasks,
} as const;
