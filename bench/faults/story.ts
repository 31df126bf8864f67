import { formatAction } from '../../src/base/activity.js';
import { type Id } from '../../src/base/ids.js';
import { type ActionName, type FollowTimes, type TriggerRequest } from '../../src/library/old-requests.js';
import { Sandbox } from './sandbox.js';
import { type DispatchRecord } from './sandbox.js';
import { VirtualClock } from '../../test/helpers/clock.js';
import { MemoryJournal } from '../../test/helpers/memory-journal.js';
import { ClientProcess, slowJournal, type RunEnd } from './client.js';
import { Dice } from './dice.js';
import { deploymentOf, triggerJob, type ClientJob, type ClientTools } from './job.js';
import { waitRequestOf } from './resume.js';
import { type Sabotage } from './sabotage.js';
import { LATEST_ENTRY_MS, type Life, type Rival, type Scenario } from './scenario.js';
import { Wire } from './wire.js';

/** One run of the client, and what the server had done by then. */
export interface Chapter {
  command: 'trigger' | 'wait';
  end: RunEnd;
  output: string;
  /** Whether a POST of this run, or of an earlier one on the same machine, was carried out, be it later. */
  carriedOut: () => boolean;
  /** The server's clock at the end. */
  serverNow: number;
}

/** Everything that happened in a scenario; by the server's own record where it counts. */
export interface Story {
  scenario: Scenario;
  chapters: Chapter[];
  /** What the client's POSTs made the server carry out. */
  own: DispatchRecord[];
  /** The nodes that the log named before the client began. */
  namedBefore: ReadonlySet<Id>;
  apiKey: string;
  posts: number;
  reads: number;
  /** POSTs that reached the server, of which the client was not told what it did. */
  misled: number;
  /** What happened to each POST. */
  trail: readonly string[];
}

/** Longer than any run may take: the tries, the look, the timeout, the longest retry-after. */
const LONGEST_RUN_MS = 30 * 60_000;
/** The rivals that come before the client act within this time. */
const PROLOGUE_MS = 600_000;
/** Time for requests that are still on their way. */
const EPILOGUE_MS = 60_000;

export async function tell(scenario: Scenario, sabotage?: Sabotage): Promise<Story> {
  return new Teller(scenario, sabotage).tell();
}

class Teller {
  readonly #scenario: Scenario;
  readonly #sabotage: Sabotage | undefined;
  readonly #clock = new VirtualClock();
  readonly #start = this.#clock.actual() + PROLOGUE_MS;
  readonly #dice: Dice;
  readonly #sandbox: Sandbox;
  readonly #wire: Wire;
  readonly #journals = new Map<number, MemoryJournal>();
  /** The runs of which a POST was carried out. */
  readonly #carriedOut = new Set<Life>();
  readonly #chapters: Chapter[] = [];

  constructor(scenario: Scenario, sabotage: Sabotage | undefined) {
    this.#scenario = scenario;
    this.#sabotage = sabotage;
    this.#dice = new Dice(scenario.seed + 0x5bd1e995);
    const { nodes, timings, skewMs, ...server } = scenario.server;
    this.#sandbox = new Sandbox({
      ...server,
      nodes,
      now: () => this.#clock.actual() + skewMs,
      random: this.#dice.fork().random,
      baseUrl: 'https://supervisor.example',
      timing: (node) => timings.get(node) ?? { appearMs: 0, workMs: 0 },
    });
    this.#wire = new Wire(this.#sandbox, this.#clock, this.#start, scenario, this.#dice.fork());
  }

  async tell(): Promise<Story> {
    const { rivals } = this.#scenario;
    const before = rivals.filter(({ afterMs }) => afterMs < 0).sort((a, b) => a.afterMs - b.afterMs);
    for (const rival of before) {
      await this.#clock.advance(this.#start + rival.afterMs - this.#clock.actual());
      this.#act(rival);
    }
    await this.#clock.advance(this.#start - this.#clock.actual());
    const namedBefore = this.#wire.namedNodes();
    for (const rival of rivals)
      if (rival.afterMs >= 0) void this.#clock.sleep(rival.afterMs).then(() => this.#act(rival));
    void this.#shutLaptop();
    void this.#setWallClock();
    await this.#clock.run(this.#live());
    await this.#clock.advance(EPILOGUE_MS);
    const { posts, reads } = this.#sandbox.record;
    return {
      scenario: this.#scenario,
      chapters: this.#chapters,
      own: this.#own,
      namedBefore,
      apiKey: this.#sandbox.keys.admin.value,
      posts: posts.length,
      reads,
      misled: this.#wire.misled,
      trail: this.#wire.trail,
    };
  }

  get #serverNow(): number {
    return this.#clock.actual() + this.#scenario.server.skewMs;
  }

  get #own(): DispatchRecord[] {
    return this.#sandbox.record.dispatches.filter(({ idempotency_key }) => idempotency_key !== null);
  }

  async #live(): Promise<void> {
    const { lives, interruptMs, resumes } = this.#scenario;
    for (const life of lives) {
      await this.#clock.sleep(life.pauseMs);
      const client = new ClientProcess(this.#clock);
      const isLast = life === lives.at(-1);
      if (isLast && interruptMs !== null) void this.#clock.sleep(interruptMs).then(() => client.interrupt());
      const end = await this.#run('trigger', client, life, this.#job(client, life));
      if (isLast && resumes && end.how === 'result' && end.result.resume !== null)
        await this.#resume(end.result.resume, life);
    }
  }

  #job(client: ClientProcess, life: Life): ClientJob {
    const { trigger: traits, seed } = this.#scenario;
    const { runtime, action, kind, targets, wait, callersKey } = traits;
    const request: TriggerRequest = {
      ...{ runtime, action: formatAction(action) as ActionName, wait, ...this.#times },
      ...(callersKey && { idempotencyKey: `job-${seed}` }),
      ...(kind === 'named' ? { nodes: targets } : kind === 'expected' && { expectNodes: targets.length }),
    };
    return triggerJob(request, this.#sandbox.deploymentId, this.#tools(client, life), this.#sabotage);
  }

  /** Takes up what the run left to follow, as the command that it gives would. */
  async #resume(command: string, life: Life): Promise<void> {
    const client = new ClientProcess(this.#clock);
    const deployment = deploymentOf(this.#sandbox.deploymentId, this.#tools(client, life));
    const request = { ...waitRequestOf(command), ...this.#times };
    await this.#run('wait', client, life, (options) => deployment.wait(request, options));
  }

  get #times(): FollowTimes {
    const { timeoutMs, intervalMs } = this.#scenario.trigger;
    return { timeoutMs, ...(intervalMs !== null && { intervalMs }) };
  }

  #tools(client: ClientProcess, life: Life): ClientTools {
    const journal = this.#journals.get(life.machine) ?? new MemoryJournal();
    this.#journals.set(life.machine, journal);
    const disk = this.#dice.fork();
    return {
      supervisor: client.mortal(this.#wire.supervisor(() => this.#carriedOut.add(life))),
      clock: client.clock,
      random: this.#dice.fork().random,
      journal: client.mortal(slowJournal(journal, this.#clock, () => disk.chance(this.#scenario.wire.journalFaults))),
    };
  }

  async #run(command: Chapter['command'], client: ClientProcess, life: Life, job: ClientJob): Promise<RunEnd> {
    const end = await client.run(job, life.killMs, LONGEST_RUN_MS);
    const { lives } = this.#scenario;
    const sofar = lives.slice(0, lives.indexOf(life) + 1).filter(({ machine }) => machine === life.machine);
    const carriedOut = (): boolean => sofar.some((earlier) => this.#carriedOut.has(earlier));
    this.#chapters.push({ command, end, output: client.output, carriedOut, serverNow: this.#serverNow });
    return end;
  }

  /** Only while no request is on its way: it would arrive after the server forgot its key, as none does. */
  async #shutLaptop(): Promise<void> {
    const { sleep } = this.#scenario;
    if (!sleep) return;
    await this.#clock.sleep(sleep.afterMs);
    if (this.#wire.underway === 0) this.#clock.shut(sleep.ms);
  }

  async #setWallClock(): Promise<void> {
    const { wallJump } = this.#scenario;
    if (!wallJump) return;
    await this.#clock.sleep(wallJump.afterMs);
    this.#clock.jumpWall(wallJump.ms);
  }

  #act({ runtime, action, nodes, afterMs, apart }: Rival): void {
    const { server, wire } = this.#scenario;
    const latestMs = Math.max(...(nodes ?? []).map((node) => server.timings.get(node)?.appearMs ?? 0));
    if (apart === 'before' && afterMs + latestMs >= 0) return;
    if (apart === 'afterwards' && !nodes?.every((node) => this.#hasShownUp(node))) return;
    // Its own entry must show up next to it in time, too.
    const turnedAwayUntil = wire.throttledMs ?? 0;
    if (apart === 'throttled' && (latestMs > LATEST_ENTRY_MS || afterMs + latestMs >= turnedAwayUntil)) return;
    this.#sandbox.dispatchAsOther({ runtime, action, ...(nodes && { nodes }) });
  }

  #hasShownUp(node: Id): boolean {
    const activities = this.#own.flatMap((dispatch) => dispatch.activities);
    return activities.some(
      ({ node_id, appears_at }) => node_id === node && appears_at !== null && appears_at <= this.#serverNow,
    );
  }
}
