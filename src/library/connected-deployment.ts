import { triggerIfNotBusy } from '../activities/if-busy.js';
import { RollMemory } from '../activities/roll/roll-memory.js';
import { wait } from '../activities/wait.js';
import type { Activity } from '../base/activity.js';
import { actingTools, readingTools, type DeploymentTools } from './deployment-tools.js';
import type { Deployment, RollOptions, RunOptions } from './deployment.js';
import { functionGate } from './gate.js';
import { JobSignal } from './job-signal.js';
import { followActivities, listedActivities } from './log.js';
import { readActivities, readFollow, readRoll, readTrigger, readWait, type RollInput } from './read-request.js';
import { check, readOptionsSchema, rollOptionsSchema, runOptionsSchema } from './request-schemas.js';
import type {
  ActivitiesRequest,
  FollowRequest,
  RollRequest,
  Signal,
  TriggerRequest,
  WaitRequest,
} from './old-requests.js';
import type { RunResult } from './run-result.js';
import { rollJob } from './roll-job.js';
import { runJob, type RunControl } from './run-job.js';

/** What is known of the program that calls. */
export interface Caller {
  /** @throws UsageError where acting on the deployment was not consented to */
  assertConsent?: () => void;
  /** A key no other trigger has. */
  newKey?: () => string;
}

/** A deployment whose API, journal and clock are at hand. */
export class ConnectedDeployment implements Deployment {
  readonly #tools: DeploymentTools;
  readonly #assertConsent: () => void;
  readonly #newKey: () => string;

  constructor(
    tools: DeploymentTools,
    { assertConsent = () => undefined, newKey = () => crypto.randomUUID() }: Caller = {},
  ) {
    this.#tools = tools;
    this.#assertConsent = assertConsent;
    this.#newKey = newKey;
  }

  get id(): bigint {
    return this.#tools.deploymentId;
  }

  async trigger(request: TriggerRequest, options: RunOptions = {}): Promise<RunResult> {
    const { plan, ifBusy } = readTrigger(request, this.id, this.#newKey);
    check(runOptionsSchema, 'trigger', options);
    this.#assertConsent();
    return runJob(({ signal }) => triggerIfNotBusy(plan, ifBusy, actingTools(this.#tools, signal)), options);
  }

  async roll(request: RollRequest, options: RollOptions = {}): Promise<RunResult> {
    const input = readRoll(request, this.id, this.#newKey);
    check(rollOptionsSchema, 'roll', options);
    this.#assertConsent();
    const stopping = new JobSignal(options.stopping);
    try {
      return await runJob((control) => this.#roll(input, control, stopping.signal), options);
    } finally {
      stopping.release();
    }
  }

  async wait(request: WaitRequest, options: RunOptions = {}): Promise<RunResult> {
    const plan = readWait(request, this.id);
    check(runOptionsSchema, 'wait', options);
    return runJob(({ signal }) => wait(plan, readingTools(this.#tools, signal)), options);
  }

  activities(request: ActivitiesRequest = {}, options: { signal?: Signal } = {}): AsyncGenerator<Activity, void> {
    check(readOptionsSchema, 'activities', options);
    return listedActivities(this.#tools, readActivities(request), options.signal);
  }

  follow(request: FollowRequest = {}, options: { signal?: Signal } = {}): AsyncGenerator<Activity, void> {
    check(readOptionsSchema, 'follow', options);
    return followActivities(this.#tools, readFollow(request), options.signal);
  }

  #roll({ plan, gate: ask, gateTimeoutMs }: RollInput, { signal, onFault }: RunControl, stopping: AbortSignal) {
    const { clock, journals } = this.#tools;
    const onThrow = (thrown: unknown): void => onFault({ code: 'gate_threw', thrown });
    const gate = ask && functionGate(ask, { clock, timeoutMs: gateTimeoutMs, onThrow });
    // A command could take it up from its record, but not ask a function.
    const isCommandable = journals?.isOfCommands === true && gate === null;
    const memory = isCommandable ? new RollMemory(journals.rolls(signal), plan, clock) : null;
    return rollJob({ ...plan, gate }, this.#tools, { signal, stopping, memory });
  }
}
