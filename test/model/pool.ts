import { fork, type ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import * as job from '../../src/job/index.js';
import { explore, type Explored } from './explore.js';
import { isFound, SABOTAGES } from './sabotage.js';
import { makerOf, SETTINGS } from './settings.js';

const FILE = fileURLToPath(import.meta.url);

/**
 * One part of a setting's stories; or all that a sabotage is looked for in, which counts as broken
 * where it is found.
 */
export type Task =
  { setting: string; faults: number; part: { number: number; of: number } } | { sabotage: string };
export type Done = Explored & { seen: ReadonlySet<string> };

async function doTask(task: Task): Promise<Done> {
  const seen = new Set<string>();
  if ('sabotage' in task) {
    const sabotage = SABOTAGES.find(({ name }) => name === task.sabotage);
    const broken: Explored['broken'] = new Map(
      sabotage && (await isFound(sabotage)) ? [[sabotage.name, []]] : [],
    );
    return { stories: 0, broken, seen };
  }
  const setting = SETTINGS.find(({ name }) => name === task.setting);
  if (!setting) throw new Error(`no such setting: ${task.setting}`);
  const { faults, part } = task;
  return {
    ...explore(setting, faults, makerOf(job), { seen: (pair) => seen.add(pair), part }),
    seen,
  };
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
    const child = this.#idle.pop() ?? fork(FILE, { serialization: 'advanced' });
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
    child.once('message', (done: Done) =>
      ended(() => {
        this.#idle.push(child);
        next.done(done);
      }),
    );
    child.send(next.task);
  }
}

if (process.argv[1] === FILE) {
  Error.stackTraceLimit = 0;
  // A failure ends this process, which the pool sees.
  process.on('message', (task: Task) => void doTask(task).then((done) => process.send?.(done)));
}
