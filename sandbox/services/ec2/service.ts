import { type Clock } from '../../../asl';
import { type Place } from '../place';
import { type SimulatedService } from '../service';
import { LaunchTemplates } from './launch-templates';

/** Amazon EC2, a file for each kind of resource; each has its operations, and here they come together. */
export class Ec2 implements SimulatedService {
  readonly name = 'EC2';
  readonly standIn = {
    name: 'Amazon EC2',
    instead: 'launch templates in memory; instances are simulated hosts that Auto Scaling boots',
    differs: 'nobody but Auto Scaling launches; a user data is read for the release that it names, not run',
  };
  readonly launchTemplates: LaunchTemplates;

  constructor(place: Place, clock: Clock) {
    this.launchTemplates = new LaunchTemplates(place, clock);
  }

  get operations() {
    return { ...this.launchTemplates.operations };
  }
}
