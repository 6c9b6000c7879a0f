/** A host with an SSM agent, as Run Command sees it. `sandbox/hosts` supplies them. */
export interface ManagedHost {
  readonly instanceId: string;
  /** Version of the SSM agent, `3.3.2746.0`. */
  readonly agentVersion: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Whether the agent answers now. */
  readonly online: boolean;
  /** The instance profile's role, under which the agent writes output to S3; without one it cannot. */
  readonly roleArn?: string;
  readonly computerName?: string;
  readonly ipAddress?: string;
  /**
   * Runs a script with bash as root.
   * @param environment what it gets beside the agent's own variables
   * @param options.signal ends it, as CancelCommand does
   * @param options.work counts as work what it is given: the script, not the wait for an agent that does not answer
   */
  run(
    script: string,
    environment: Readonly<Record<string, string>>,
    options: {
      readonly timeoutSeconds: number;
      readonly signal: AbortSignal;
      readonly work: <T>(task: () => Promise<T>) => Promise<T>;
    },
  ): Promise<HostResult>;
}

export interface HostResult {
  /** Undefined where the script was ended by time-out or signal. */
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
}

/** The hosts that there are at the moment of asking. */
export type Hosts = () => readonly ManagedHost[];

/** Writes output to S3 as the agent does, under the host's role. Resolves false where it may not: the agent goes on. */
export type Upload = (
  host: ManagedHost,
  object: { readonly bucket: string; readonly key: string; readonly body: string },
) => Promise<boolean>;
