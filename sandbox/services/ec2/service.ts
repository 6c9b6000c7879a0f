import { type Clock } from '../../../asl';
import { type Place } from '../place';
import { type SimulatedService } from '../service';
import { LaunchTemplates } from './launch-templates';
import { Volumes } from './volumes';

/** Amazon EC2, a file for each kind of resource; each has its operations, and here they come together. */
export class Ec2 implements SimulatedService {
  readonly name = 'EC2';
  readonly standIn = {
    name: 'Amazon EC2',
    instead:
      'launch templates in memory; instances are simulated hosts that Auto Scaling boots; what is on a volume or in a snapshot of EBS is a folder',
    differs: 'nobody but Auto Scaling launches; a user data is read for the release that it names, not run',
  };
  readonly launchTemplates: LaunchTemplates;
  readonly volumes: Volumes;

  constructor(place: Place, clock: Clock) {
    this.launchTemplates = new LaunchTemplates(place, clock);
    this.volumes = new Volumes(place, clock);
  }

  get operations() {
    return { ...this.launchTemplates.operations, ...this.volumes.operations };
  }
}
