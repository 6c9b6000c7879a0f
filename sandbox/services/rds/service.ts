import { type Caller, NotSimulatedError, type Operation, type SimulatedService } from '../service';
import { changes } from './changes';
import { ControlPlane } from './control-plane';
import { descriptions } from './descriptions';
import { type RdsOptions, takes } from './options';
import { replicas } from './replicas';
import { restores } from './restores';

/** What works in every region; instances are in one. */
const everywhere: readonly string[] = ['DescribeDBSnapshots'];

/** RDS over real PostgreSQL clusters, with the asynchronous states, defaults, limits and errors of the real one. */
export class Rds implements SimulatedService {
  readonly name = 'RDS';
  readonly standIn = {
    name: 'Amazon RDS for PostgreSQL',
    instead: 'real PostgreSQL servers on loopback with WAL archiving; restores are WAL replay to the target time',
    differs:
      `one server an instance, whatever MultiAZ says; RDS's own waiting is skipped (creating ${takes.creating} s, ` +
      `log upload every ${takes.logUpload} s); restore times are cut to whole seconds; a security group that lets nobody in ` +
      'makes the name lead nowhere, where connections are refused at once; no automated snapshots and no maintenance window; ' +
      'a replica follows the archived log, some seconds behind, and not a stream, and its backups begin with its promotion; replicated backups are read where their ' +
      'source wrote them',
  };
  readonly plane: ControlPlane;
  readonly operations: Readonly<Record<string, Operation>>;

  constructor(options: RdsOptions) {
    const plane = new ControlPlane(options);
    const known = { ...descriptions(plane), ...restores(plane), ...changes(plane), ...replicas(plane) };
    this.plane = plane;
    this.operations = Object.fromEntries(
      Object.entries(known).map(([name, operation]) => [
        name,
        answering(plane, everywhere.includes(name) ? operation : onlyIn(options.region, name, operation)),
      ]),
    );
  }
}

/** A region that is lost gives no answer: the SDK gives up waiting. */
function answering(plane: ControlPlane, operation: Operation): Operation {
  return {
    authorize: (input, caller) => operation.authorize(input, caller),
    perform: async (input, caller) => {
      if (plane.lost) throw Object.assign(new Error('connect ETIMEDOUT'), { name: 'TimeoutError' });
      return await operation.perform(input, caller);
    },
  };
}

function onlyIn(home: string, name: string, operation: Operation): Operation {
  const require = ({ region }: Caller): void => {
    if (region !== home) throw new NotSimulatedError(`RDS ${name} is not simulated in ${region}, only in ${home}`);
  };
  return {
    authorize: (input, caller) => {
      require(caller);
      return operation.authorize(input, caller);
    },
    perform: async (input, caller) => {
      require(caller);
      return await operation.perform(input, caller);
    },
  };
}
