import type { Description } from '../../contract/description';
import { expression, variable } from '../../contract/expressions';
import type { RecoveryRequest, RunRef } from '../../contract/run';

/** The variables that every plan has, with their types. */
export const run = variable<RunRef>('run');
export const request = variable<RecoveryRequest>('request');
export const description = variable<Description>('description');
export const hosts = variable<string[]>('hosts');
/** Hosts that were offline when the run began, and that it goes on without. */
export const leftOut = variable<string[]>('leftOut');
/** Host to the units that were active when the run began. */
export const activeUnits = variable<Record<string, string[]>>('activeUnits');
/** What a host lacks that a document needs; a run that found that out once it had changed something would be too late. */
export const missingTools = variable<string[]>('missingTools');

export const firstHost = expression<string[]>('[$hosts[0]]');
/** As they are stopped, for a document. */
export const servicesInOrder = expression<string>("$join([$description.hosts.services], ' ')");
/** They start in the opposite order of stopping. */
export const servicesInStartOrder = expression<string>("$join($reverse([$description.hosts.services]), ' ')");
