import { formatAction } from '../../../src/base/activity.js';
import { type Accepted, type Supervisor } from '../../../src/base/supervisor.js';
import { type ActionName, type TriggerRequest } from '../../../src/library/old-requests.js';
import { VirtualClock } from '../../../test/helpers/clock.js';
import { ClientProcess } from '../client.js';
import { triggerJob, type ClientJob } from '../job.js';
import { withTries } from '../requests.js';
import { type Sabotage } from '../sabotage.js';
import { isWorldFault, kindsAt, type FaultKind, type GetFault, type Place, type Plan, type PostFault } from './plan.js';
import { type ExploredChapter, type Exchange, type Played } from './played.js';
import { reveals } from './reveals.js';
import { type Setting } from './setting.js';
import { WatchedJournal } from './watched-journal.js';
import { ABSENCE_MS, ACTION, RUNTIME, World } from './world.js';

/** Until a new process takes the place of one that died. */
const RERUN_AFTER_MS = 1000;
const TIMEOUT_MS = 60_000;
/** Longer than any run may take by the monotonic clock, while it does not stand still: the tries, the look, the timeout. */
const LONGEST_RUN_MS = 10 * 60_000;
/** Between the busy log's entries and the first run. */
const PROLOGUE_MS = 60_000;
/** Time for requests that are still on their way. */
const EPILOGUE_MS = 30_000;

/** Plays a plan: the same every time. @throws Error for a fault that cannot strike where the plan says */
export function play(setting: Setting, plan: Plan, sabotage?: Sabotage): Promise<Played> {
  return new Player(setting, plan, sabotage).play();
}

class Run {
  readonly process: ClientProcess;
  readonly number: number;
  readsInARow = 0;
  carriedOut = false;
  acceptedAt: number | null = null;

  constructor(process: ClientProcess, number: number) {
    this.process = process;
    this.number = number;
  }
}

class Player {
  readonly #setting: Setting;
  readonly #plan: Plan;
  readonly #sabotage: Sabotage | undefined;
  readonly #clock = new VirtualClock();
  readonly #began = this.#clock.actual() + PROLOGUE_MS;
  readonly #world: World;
  readonly #journal = new WatchedJournal();
  readonly #exchanges: Exchange[] = [];
  readonly #chapters: ExploredChapter[] = [];
  #acceptedAt: number | null = null;
  #runs = 0;
  /** A fault of the plan that cannot strike where it says. */
  #unfit: Error | null = null;

  constructor(setting: Setting, plan: Plan, sabotage: Sabotage | undefined) {
    this.#setting = setting;
    this.#plan = plan;
    this.#sabotage = sabotage;
    this.#world = new World(setting, this.#clock);
  }

  async play(): Promise<Played> {
    await this.#clock.advance(PROLOGUE_MS);
    await this.#clock.run(Promise.all(Array.from({ length: this.#setting.runs }, () => this.#runToItsEnd())));
    await this.#clock.advance(EPILOGUE_MS);
    if (this.#unfit) throw this.#unfit;
    const { kind, targets, nodes } = this.#setting;
    return {
      exchanges: this.#exchanges,
      scenario: { trigger: { kind, targets } },
      chapters: this.#chapters,
      own: this.#world.own,
      rivals: this.#world.rivals,
      namedBefore: new Set(nodes),
      apiKey: this.#world.requests.secret,
      wrongRemovals: this.#journal.wrongRemovals,
      wallOffMs: this.#clock.now() - this.#clock.actual(),
    };
  }

  /** Runs again until it is not killed. */
  async #runToItsEnd(): Promise<void> {
    const runs: Run[] = [];
    for (;;) {
      const process = new ClientProcess(this.#clock, (printed) => reveals(printed, this.#world.requests.secret));
      const run = new Run(process, ++this.#runs);
      runs.push(run);
      if (this.#journal.holdsAnswer) run.acceptedAt = this.#acceptedAt;
      const end = await run.process.run(this.#job(run), null, this.#longestRunMs);
      this.#journal.note(run);
      this.#chapters.push({
        command: 'trigger',
        end,
        output: run.process.output,
        carriedOut: () => runs.some(({ carriedOut }) => carriedOut),
        serverNow: this.#clock.actual(),
        acceptedAt: run.acceptedAt,
      });
      if (end.how !== 'killed') return;
      await this.#clock.sleep(RERUN_AFTER_MS);
    }
  }

  #job(run: Run): ClientJob {
    const { kind, targets } = this.#setting;
    const request: TriggerRequest = {
      ...{
        runtime: RUNTIME,
        action: formatAction(ACTION) as ActionName,
        idempotencyKey: 'job-1',
        timeoutMs: TIMEOUT_MS,
      },
      ...(kind === 'named' ? { nodes: targets } : kind === 'expected' && { expectNodes: targets.length }),
    };
    const { process } = run;
    const tools = {
      supervisor: process.mortal(this.#supervisor(run)),
      clock: process.clock,
      random: (): number => 0.5,
      journal: process.mortal(this.#journal.of(run, () => this.#strike(this.#reach('journal', run), run))),
    };
    return triggerJob(request, this.#world.sandbox.deploymentId, tools, this.#sabotage);
  }

  #supervisor(run: Run): Supervisor {
    return {
      trigger: async (request) => {
        const faults = this.#reach('POST', run);
        const before = this.#world.own.length;
        const wire = faults.find((kind) => !isWorldFault(kind)) as PostFault | undefined;
        try {
          return this.#noted(await this.#world.post(request, wire), run);
        } finally {
          // One that comes late is this run's, too.
          run.carriedOut ||= this.#world.own.length > before || wire === 'late';
          this.#strike(faults, run);
        }
      },
      list: (_deploymentId, query, options = {}) =>
        withTries(
          async () => {
            const faults = this.#reach('GET', run);
            try {
              const wire = faults.find((kind) => !isWorldFault(kind)) as GetFault | undefined;
              return await this.#world.read(query, wire, options.signal);
            } finally {
              this.#strike(faults, run);
            }
          },
          this.#clock,
          () => 0.5,
          options,
        ),
    };
  }

  #noted(accepted: Accepted, run: Run): Accepted {
    if (!accepted.replayed) this.#acceptedAt = run.acceptedAt = this.#clock.actual();
    return accepted;
  }

  /** Counts the exchange. @returns the faults that strike at it */
  #reach(place: Place, run: Run): FaultKind[] {
    run.readsInARow = place === 'POST' ? 0 : run.readsInARow + (place === 'GET' ? 1 : 0);
    const at = this.#exchanges.length;
    const readsInARow = place === 'GET' ? run.readsInARow : 0;
    this.#exchanges.push({ place, readsInARow, run: run.number, atMs: this.#clock.actual() - this.#began });
    const kinds = this.#plan.filter((fault) => fault.at === at).map(({ kind }) => kind);
    const unfit = kinds.find((kind) => !kindsAt(place).includes(kind));
    if (unfit) this.#unfit ??= new Error(`exchange ${at} is a ${place}: no ${unfit} there`);
    return kinds;
  }

  #strike(faults: readonly FaultKind[], { process }: Run): void {
    for (const fault of faults) if (isWorldFault(fault)) this.#world.happen(fault, process);
  }

  get #longestRunMs(): number {
    return LONGEST_RUN_MS + ABSENCE_MS * this.#plan.filter(({ kind }) => kind === 'stopped').length;
  }
}
