import { fork, type ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { explore, type Explored } from './explore.js';
import { lightenSignals } from './light-signals.js';
import { SABOTAGES } from './sabotages/index.js';
import { watchStates } from './states.js';
import { settingNamed } from './settings.js';

const FILE = fileURLToPath(import.meta.url);
/** With little room for what is new, a quarter of the time goes into clearing it up. */
const ROOMY = ['--max-semi-space-size=64', '--import', new URL('loader.js', import.meta.url).href];

/** One part of a setting's stories. */
interface Part {
  setting: string;
  faults: number;
  part: { number: number; of: number };
}
/** What finds a sabotage, or a part. */
export type Task = Part | { sabotage: string };
export type Done = Explored & {
  /** The pairs of step and fact. */
  pairs: ReadonlySet<string>;
  /** The ways from state to state. */
  ways: ReadonlySet<string>;
  /** The time of a core that it took, ms. */
  took: number;
};

async function doTask(task: Task): Promise<Done> {
  const [pairs, ways] = [new Set<string>(), new Set<string>()];
  const start = process.cpuUsage();
  const explored = await ('sabotage' in task ? find(task.sabotage) : playPart(task, pairs, ways));
  const { user, system } = process.cpuUsage(start);
  return { ...explored, pairs, ways, took: (user + system) / 1000 };
}

async function playPart(
  { setting, faults, part }: Part,
  pairs: Set<string>,
  ways: Set<string>,
): Promise<Explored> {
  const stop = watchStates((way) => ways.add(way));
  const seen = (pair: string): void => void pairs.add(pair);
  const explored = await explore(settingNamed(setting), faults, { seen, part });
  stop();
  return explored;
}

/** @returns the first stories that a sabotage breaks, until its clause is among what is broken */
async function find(name: string): Promise<Explored> {
  const sabotage = SABOTAGES.find((one) => one.name === name);
  if (!sabotage) throw new Error(`no such sabotage: ${name}`);
  const { setting, faults, changes, clause } = sabotage;
  const restore = changes.map((change) => change());
  const found = await explore(settingNamed(setting), faults, {
    enough: (broken) => broken.has(clause),
  });
  for (const back of restore.reverse()) back();
  return found;
}

/**
 * Does tasks on all cores, in processes of their own, in the order in which they were asked for.
 */
export class Pool {
  readonly #waiting: Array<{
    task: Task;
    done: (done: Done) => void;
    failed: (error: Error) => void;
  }> = [];
  readonly #children = new Set<ChildProcess>();
  readonly #idle: ChildProcess[] = [];
  #free = availableParallelism();

  do(task: Task): Promise<Done> {
    const promise = new Promise<Done>(
      (done, failed) => void this.#waiting.push({ task, done, failed }),
    );
    // Seen where it is waited for; another one may fail before.
    promise.catch(() => undefined);
    this.#start();
    return promise;
  }

  close(): void {
    // Some are at work still where not every test is run.
    this.#waiting.length = 0;
    for (const child of this.#children) child.kill();
  }

  #start(): void {
    const next = this.#free > 0 ? this.#waiting.shift() : undefined;
    if (!next) return;
    this.#free -= 1;
    const child = this.#idle.pop() ?? fork(FILE, { serialization: 'advanced', execArgv: ROOMY });
    this.#children.add(child);
    const ended = (end: () => void): void => {
      child.removeAllListeners();
      this.#free += 1;
      end();
      this.#start();
    };
    child.once('exit', (code) =>
      ended(() => next.failed(new Error(`it ended with ${code}: ${JSON.stringify(next.task)}`))),
    );
    child.once('message', (done: Done | string) =>
      ended(() => {
        this.#idle.push(child);
        if (typeof done === 'string') next.failed(new Error(done));
        else next.done(done);
      }),
    );
    child.send(next.task);
  }
}

if (process.argv[1] === FILE) {
  Error.stackTraceLimit = 0;
  lightenSignals();
  process.on('message', (task: Task) => {
    void doTask(task).then(
      (done) => process.send?.(done),
      (error: unknown) => process.send?.(String(error)),
    );
  });
}
