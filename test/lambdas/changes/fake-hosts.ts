import {
  DescribeInstanceInformationCommand,
  GetCommandInvocationCommand,
  ListCommandsCommand,
  SSMClient,
  SendCommandCommand,
} from '@aws-sdk/client-ssm';
import { mockClient } from 'aws-sdk-client-mock';

export const [one, two] = ['i-0000000000000001', 'i-0000000000000002'] as const;

interface Ending {
  readonly code: number;
  readonly line: unknown;
}

/** Two hosts as SSM sees them, which take commands and end them as a test says. */
export function fakeHosts() {
  const ssm = mockClient(SSMClient);
  /** What each host answers: an exit code and a last line. */
  let ending: Ending | null = null;
  /** The same by document and host, where they differ. */
  let endings: ((document: string, host: string) => Ending | null) | undefined;
  const documents = new Map<string, string>();
  const lost = new Set<string>();
  return {
    ssm,
    /** The hosts end every command so from now on; null: they are still at work. */
    end(as: { code: number; line: unknown } | null) {
      ending = as;
    },
    /** From now on each document on each host ends so; null: it is still at work. */
    endEach(as: (document: string, host: string) => Ending | null) {
      endings = as;
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
      endings = undefined;
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
      ssm.on(SendCommandCommand).callsFake(({ DocumentName }: { DocumentName: string }) => {
        const CommandId = `command-${(count += 1)}`;
        documents.set(CommandId, DocumentName.replace(/^lifeboat-drill-/, ''));
        return { Command: { CommandId } };
      });
      ssm.on(GetCommandInvocationCommand).callsFake((asked: { CommandId: string; InstanceId: string }) => {
        const ended = endings === undefined ? ending : endings(documents.get(asked.CommandId) ?? '', asked.InstanceId);
        if (ended === null) return { Status: 'InProgress', StatusDetails: 'InProgress' };
        const status = ended.code === 0 ? 'Success' : 'Failed';
        return {
          Status: status,
          StatusDetails: status,
          ResponseCode: ended.code,
          StandardOutputContent: `${JSON.stringify(ended.line)}\n`,
          StandardErrorContent: 'why',
          ExecutionEndDateTime: '2026-11-23T02:00:00Z',
        };
      });
    },
  };
}
