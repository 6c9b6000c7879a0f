import {
  DescribeInstanceInformationCommand,
  GetCommandInvocationCommand,
  ListCommandsCommand,
  SSMClient,
  SendCommandCommand,
} from '@aws-sdk/client-ssm';
import { mockClient } from 'aws-sdk-client-mock';

export const [one, two] = ['i-0000000000000001', 'i-0000000000000002'] as const;

/** Two hosts as SSM sees them, which take commands and end them as a test says. */
export function fakeHosts() {
  const ssm = mockClient(SSMClient);
  /** What each host answers: an exit code and a last line. */
  let ending: { code: number; line: unknown } | null = null;
  const lost = new Set<string>();
  return {
    ssm,
    /** The hosts end every command so from now on; null: they are still at work. */
    end(as: { code: number; line: unknown } | null) {
      ending = as;
    },
    /** A host's agent answers no more. */
    lose(host: string) {
      lost.add(host);
    },
    sent: () =>
      ssm.commandCalls(SendCommandCommand).map((call) => {
        const { DocumentName, InstanceIds, Parameters } = call.args[0].input;
        return { DocumentName, InstanceIds, Parameters };
      }),
    reset() {
      ending = null;
      lost.clear();
      ssm.reset();
      ssm.on(ListCommandsCommand).resolves({ Commands: [] });
      ssm.on(DescribeInstanceInformationCommand).callsFake(() => ({
        InstanceInformationList: [one, two].map((InstanceId) => ({
          InstanceId,
          PingStatus: lost.has(InstanceId) ? 'ConnectionLost' : 'Online',
          AgentVersion: '3.3.3000.0',
        })),
      }));
      let count = 0;
      ssm.on(SendCommandCommand).callsFake(() => ({ Command: { CommandId: `command-${(count += 1)}` } }));
      ssm.on(GetCommandInvocationCommand).callsFake(() => {
        if (ending === null) return { Status: 'InProgress', StatusDetails: 'InProgress' };
        const status = ending.code === 0 ? 'Success' : 'Failed';
        return {
          Status: status,
          StatusDetails: status,
          ResponseCode: ending.code,
          StandardOutputContent: `${JSON.stringify(ending.line)}\n`,
          StandardErrorContent: 'why',
          ExecutionEndDateTime: '2026-11-23T02:00:00Z',
        };
      });
    },
  };
}
