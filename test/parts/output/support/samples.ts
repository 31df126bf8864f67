import { type Activity } from '../../../../src/base/activity.js';
import { type NodeResult, type ResultFields } from '../../../../src/base/outcome.js';
import { type NodeProgress } from '../../../../src/job/events.js';
import { type PrintOptions } from '../../../../src/output/streams.js';
import { type MemoryOutput } from '../../../helpers/memory-output.js';

export const NODE = 610809900976570889n;
export const ACTIVITY = 7261845022003200001n;
export const LARGEST = 18446744073709551615n;

export function activity(fields: Partial<Activity> = {}): Activity {
  return {
    id: ACTIVITY,
    tenant_id: 1n,
    division_id: 2n,
    environment_id: 3n,
    deployment_id: 4n,
    author_id: 5n,
    runtime: 'iggy',
    action: 'restart',
    node_id: NODE,
    status: 'completed',
    created_at: '2026-03-16T12:00:00.000Z',
    finished_at: '2026-03-16T12:00:04.800Z',
    ...fields,
  };
}

export function processing(fields: Partial<Activity> = {}): Activity {
  return activity({ status: 'processing', finished_at: null, ...fields });
}

export function node(fields: Partial<NodeResult> = {}): NodeResult {
  return {
    node_id: NODE,
    activity_id: ACTIVITY,
    status: 'completed',
    created_at: '2026-03-16T12:00:00.000Z',
    finished_at: '2026-03-16T12:00:04.800Z',
    ambiguous: false,
    ...fields,
  };
}

export function missing(fields: Partial<NodeResult> = {}): NodeResult {
  return node({
    status: 'missing',
    activity_id: null,
    created_at: null,
    finished_at: null,
    ...fields,
  });
}

export function progress(fields: Partial<NodeProgress> = {}): NodeProgress {
  return { ...node(), since: 0, ...fields };
}

export function run(fields: Partial<ResultFields> = {}): ResultFields {
  return {
    outcome: 'completed',
    profile: null,
    runtime: 'iggy',
    action: 'restart',
    deployment_id: 42n,
    idempotency_key: 'key-1',
    targets: 'named',
    core_count: null,
    sent: true,
    replayed: false,
    recovered: false,
    request_id: '4bf92f3577b34da6a3ce929d0e0e4736',
    nodes: [node()],
    not_acted_on: [],
    resume: null,
    ...fields,
  };
}

export function options(fields: Partial<PrintOptions> = {}): PrintOptions {
  const plain = { format: 'table', header: true, numberIds: false, utc: true } as const;
  return { ...plain, quiet: false, debug: false, ...fields };
}

/** The same output, written as these say. */
export function written(output: MemoryOutput, fields: Partial<PrintOptions> = {}): MemoryOutput {
  const asked = options(fields);
  output.stdout.isData = asked.format !== 'table';
  return Object.assign(output, { options: asked });
}

/**
 * As text of a hostile API: colours, cursor moves by 7-bit and 8-bit sequences, a bell, a new line,
 * a reversed line.
 */
export const HOSTILE = '\u001B[2J\u001B[31mred\u0007\u009B2J\r\nnext\u202Eesrever';
