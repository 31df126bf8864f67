import { fork, type ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { explore, type Explored } from './explore.js';
import { lightenSignals } from './light-signals.js';
import { KNOWN } from './known.js';
import { SABOTAGES } from './sabotages.js';
import { settingNamed } from './settings.js';

const FILE = fileURLToPath(import.meta.url);
const LOADER = new URL('loader.js', import.meta.url).href;

/** One part of a setting's stories, or what finds a sabotage. */
export type Task =
  { setting: string; faults: number; part: { number: number; of: number } } | { sabotage: string };
export type Done = Explored & { seen: ReadonlySet<string> };

async function doTask(task: Task): Promise<Done> {
  const seen = new Set<string>();
  if ('sabotage' in task) return { ...(await find(task.sabotage)), seen };
  const { setting, faults, part } = task;
  const listener = { seen: (pair: string) => seen.add(pair), part };
  return { ...(await explore(settingNamed(setting), faults, listener)), seen };
}

/** @returns what is broken by a sabotage, and not without it */
async function find(name: string): Promise<Explored> {
  const sabotage = SABOTAGES.find((one) => one.name === name);
  if (!sabotage) throw new Error(`no such sabotage: ${name}`);
  const { setting, faults, changes } = sabotage;
  const known = new Set(KNOWN.map(({ accusation }) => accusation));
  const enough = (broken: ReadonlyMap<string, unknown>): boolean =>
    [...broken.keys()].some((accusation) => !known.has(accusation));
  const restore = changes.map((change) => change());
  const found = await explore(settingNamed(setting), faults, { enough });
  for (const back of restore.reverse()) back();
  if (enough(found.broken)) return found;
  const without = await explore(settingNamed(setting), faults);
  const more = [...found.broken].filter(([accusation]) => !without.broken.has(accusation));
  return { ...found, broken: new Map(more) };
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
    this.#begin();
    return promise;
  }

  close(): void {
    // Some are at work still where not every test is run.
    this.#waiting.length = 0;
    for (const child of this.#children) child.kill();
  }

  #begin(): void {
    const next = this.#free > 0 ? this.#waiting.shift() : undefined;
    if (!next) return;
    this.#free -= 1;
    const child =
      this.#idle.pop() ??
      fork(FILE, { serialization: 'advanced', execArgv: ['--import', LOADER, '--import', 'tsx'] });
    this.#children.add(child);
    const ended = (end: () => void): void => {
      child.removeAllListeners();
      this.#free += 1;
      end();
      this.#begin();
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
