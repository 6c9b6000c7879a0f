import { type Finding, type Gate } from '../identity';
import { regionalArn } from '../services/place';
import { type FunctionRuntime } from './functions';

/** Functions whose role may not write their log: AWS runs them all the same, and nobody ever reads a line. */
export function logFindings(runtimes: Iterable<FunctionRuntime>, gate: Gate): Finding[] {
  const findings: Finding[] = [];
  for (const { description } of runtimes) {
    const role = gate.roles.get(description.roleArn);
    for (const action of ['logs:CreateLogStream', 'logs:PutLogEvents']) {
      const resource = regionalArn(gate.place, 'logs', `log-group:${description.logGroup}:log-stream:x`);
      if (gate.decide(role, { action, resource }).verdict === 'allowed') continue;
      const message = `is not allowed on the log group of ${description.name}: what it prints is lost`;
      findings.push({ role: role.name, policy: '', action, message });
    }
  }
  return findings;
}
