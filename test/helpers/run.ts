import { type JobReport, type JobTools } from '../../src/activities/job.js';
import { type TriggerPlan } from '../../src/activities/trigger.js';
import { type RunEvent } from '../../src/core/progress.js';
import { VirtualClock } from './clock.js';
import { FakeSupervisor } from './fake-supervisor.js';
import { MemoryJournal } from './memory-journal.js';

/** What a job is given, all of it virtual, and what came of it. */
export class JobBench {
  readonly clock = new VirtualClock();
  readonly supervisor = new FakeSupervisor(this.clock);
  readonly journal = new MemoryJournal();
  readonly events: RunEvent[] = [];
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

  /** Runs a job to its end in virtual time. */
  async run<T>(job: AsyncGenerator<RunEvent, T>, onEvent: (event: RunEvent) => void = () => undefined): Promise<T> {
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

/** Goes through all events, and hands back what the job returns. */
export async function drain<Event, Result>(
  job: AsyncGenerator<Event, Result>,
  onEvent: (event: Event) => void,
): Promise<Result> {
  for (;;) {
    const next = await job.next();
    if (next.done) return next.value;
    onEvent(next.value);
  }
}

/** A restart of iggy on node 1, followed for 10 minutes at most. */
export function plan(changes: Partial<TriggerPlan> = {}): TriggerPlan {
  return {
    deploymentId: 71n,
    runtime: 'iggy',
    action: { verb: 'restart' },
    nodes: [1n],
    expectNodes: null,
    idempotencyKey: 'key',
    callersKey: false,
    wait: true,
    limits: { timeoutMs: 600_000, intervalMs: null, appearTimeoutMs: 30_000 },
    ...changes,
  };
}

/** `node:status` of every target. */
export function statuses(report: JobReport): string[] {
  return report.result.nodes.map(({ node_id, status }) => `${node_id ?? '?'}:${status ?? '-'}`);
}

const describeResume: JobTools['resumeCommand'] = (resume) =>
  'ids' in resume
    ? `wait ${resume.ids.join(' ')}`
    : `wait --after ${resume.after} ${resume.nodes === null ? `expect ${resume.expectNodes ?? '-'}` : `nodes ${resume.nodes.join(',')}`}`;
