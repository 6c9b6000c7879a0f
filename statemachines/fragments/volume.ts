import { Fail, type IChainable } from 'aws-cdk-lib/aws-stepfunctions';
import type { VolumeDescription } from '../../contract/description';
import type { InspectedVolume } from '../../contract/documents';
import { expression, variable, type Expression, type Input } from '../../contract/expressions';
import { runDocument } from './document';
import { assign, type Steps } from './steps';
import * as is from './values';

/** The volume of the description, once it is known that there is one. */
export const volume = variable<VolumeDescription>('volume');
export const inspected = variable<{ host: string; result: InspectedVolume }[]>('inspected');
/** The moment at which the plan began, as it can stand in a name: 20261123T021340. */
export const stamp = variable<string>('stamp');

export const volumeParameters = { VolumeGroup: volume.volumeGroup, LogicalVolume: volume.logicalVolume };
export const mountParameters = { ...volumeParameters, MountPoint: volume.mountPoint, MountUnit: volume.mountUnit };

/** The volume of every host with its snapshots. Changes nothing; fails where the description has no volume. */
export function findTheVolumes(steps: Steps): IChainable {
  return steps.sequence(
    steps.either(
      'Is a volume described?',
      expression<boolean>('$not($exists($description.volume))'),
      Fail.jsonata(steps.scope, 'No volume is described', {
        error: 'HostUnfitError',
        cause:
          'the description has no volume: the files of this application lie on no logical volume of LVM2. Nothing was changed',
      }),
    ),
    steps.remember('Note the volume and the moment', [
      assign(volume, expression<VolumeDescription>('$description.volume')),
      assign(
        stamp,
        expression<string>("$replace($substring($states.context.Execution.StartTime, 0, 19), /[^0-9T]/, '')"),
      ),
    ]),
    inspectVolumes(steps, 'Look at the volumes', 'inspect-volumes', '', 120),
  );
}

/** Looks at the volumes; of a chosen snapshot also whether it can be merged, which reads all of its file system's tables. */
export function inspectVolumes(
  steps: Steps,
  name: string,
  key: string,
  chosen: Input<string>,
  seconds: number,
  more: { readonly long?: true } = {},
): IChainable {
  return runDocument(steps, name, {
    document: 'inspect-volume',
    run: is.run,
    key,
    hosts: is.hosts,
    parameters: { ...mountParameters, Chosen: chosen },
    executionTimeoutSeconds: seconds,
    ...more,
    keep: (results) => [assign(inspected, results)],
  });
}

/** `{host: …}` of what `of` says of each host's look. */
export const byHost = <T>(of: string): Expression<Record<string, T>> =>
  expression<Record<string, T>>(`$merge([$map($inspected, function($each) {{$each.host: ${of}}})])`);
