import { type Deployment } from '../deployment';

/** Starts runs beside the drill's own, as an operator would, and waits for their end. @throws TypeError unless it succeeds */
export const operator =
  (deployment: Deployment, environment: string) =>
  async (input: Readonly<Record<string, unknown>>): Promise<void> => {
    const { execution } = deployment.start(`lifeboat-${environment}-recovery`, input);
    const { status, error = '', cause = '' } = await execution.done;
    if (status !== 'SUCCEEDED') throw new TypeError(`${JSON.stringify(input)} ended ${status}: ${error} ${cause}`);
  };
