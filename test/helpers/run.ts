import { type JobTools } from '../../src/activities/job.js';
import { type TriggerPlan } from '../../src/activities/trigger-plan.js';
import { type ResultEvent, type JobEvent, type RunStep } from '../../src/base/progress.js';
import { VirtualClock } from './clock.js';
import { FakeSupervisor } from './fake-supervisor.js';
import { MemoryJournal } from './memory-journal.js';

/** What a job is given, all of it virtual, and what came of it. */
export class JobBench {
  readonly clock = new VirtualClock();
  readonly supervisor = new FakeSupervisor(this.clock);
  readonly journal = new MemoryJournal();
  readonly events: RunStep[] = [];
  stop = new AbortController();

  tools(changes: Partial<JobTools> = {}): JobTools {
    return {
      supervisor: this.supervisor,
      clock: this.clock,
      random: () => 0.5,
      signal: this.stop.signal,
      journal: this.journal,
      resumeCommand: describeResume,
      ...changes,
    };
  }

  /** Runs a job to its end in virtual time. @returns its last event */
  async run(job: AsyncIterable<JobEvent>, onEvent: (event: RunStep) => void = () => undefined): Promise<ResultEvent> {
    return this.clock.run(
      drain(job, (event) => {
        this.events.push(event);
        onEvent(event);
      }),
    );
  }

  /** The codes of the warnings so far. */
  get warnings(): string[] {
    return this.events.flatMap((event) => (event.event === 'warning' ? [event.code] : []));
  }

  /** The statuses told so far, as `node:status`. */
  get changes(): string[] {
    return this.events.flatMap((event) =>
      event.event === 'activity' ? [`${event.activity.node_id}:${event.activity.status}`] : [],
    );
  }
}

type Last<E> = Extract<E, { event: 'result' | 'ended' }>;

/** Goes through all events, and hands back the last. @throws Error when another comes after it, or none is the last */
export async function drain<E extends { event: string }>(
  events: AsyncIterable<E>,
  onEvent: (event: Exclude<E, Last<E>>) => void = () => undefined,
): Promise<Last<E>> {
  let last: Last<E> | null = null;
  for await (const event of events) {
    if (last) throw new Error(`an event after the last: ${event.event}`);
    if (isLast(event)) last = event;
    else onEvent(event as Exclude<E, Last<E>>);
  }
  if (!last) throw new Error('it ended without a last event');
  return last;
}

function isLast<E extends { event: string }>(event: E): event is Last<E> {
  return event.event === 'result' || event.event === 'ended';
}

/** A restart of iggy on node 1, followed for 10 minutes at most. */
export function plan(changes: Partial<TriggerPlan> = {}): TriggerPlan {
  return {
    deploymentId: 71n,
    runtime: 'iggy',
    action: { verb: 'restart' },
    nodes: [1n],
    expectNodes: null,
    claimWindowMs: 2000,
    idempotencyKey: 'key',
    callersKey: false,
    wait: true,
    limits: { timeoutMs: 600_000, intervalMs: null, appearTimeoutMs: 30_000 },
    ...changes,
  };
}

/** `node:status` of every target. */
export function statuses({ result }: Pick<ResultEvent, 'result'>): string[] {
  return result.nodes.map(({ node_id, status }) => `${node_id ?? '?'}:${status ?? '-'}`);
}

const describeResume: JobTools['resumeCommand'] = (resume) =>
  'ids' in resume
    ? `wait ${resume.ids.join(' ')}`
    : `wait --after ${resume.after} ${resume.nodes === null ? `expect ${resume.expectNodes ?? '-'}` : `nodes ${resume.nodes.join(',')}`}`;
