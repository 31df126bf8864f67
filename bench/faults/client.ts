import { inspect } from 'node:util';
import { LdctlError } from '../../src/base/errors.js';
import { type ExitCode } from '../../src/base/exit-codes.js';
import { type RunJournal } from '../../src/base/old-journal.js';
import { stringifyJson } from '../../src/base/json.js';
import { type RunResult } from '../../src/library/run-result.js';
import { type VirtualClock } from '../../test/helpers/clock.js';
import { type ClientJob } from './job.js';

/** How one run of the client ended. */
export type RunEnd =
  | { how: 'result'; exitCode: ExitCode; result: RunResult }
  /** Thrown: nothing was carried out, says the client. */
  | { how: 'thrown'; exitCode: ExitCode | 1; error: unknown }
  | { how: 'killed' }
  | { how: 'hung' };

/** What a run measures time by. */
export type ClientClock = Pick<VirtualClock, 'now' | 'elapsed' | 'sleep'>;

/**
 * One process of the client. Once it is killed nothing of it goes on: what it waits for never comes. Its output is all
 * that a user, or a log, would get to see.
 */
export class ClientProcess {
  output = '';
  readonly #clock: VirtualClock;
  readonly #stop = new AbortController();
  readonly #keeps: (printed: unknown) => boolean;
  #alive = true;
  #die: () => void = () => undefined;
  readonly #killed = new Promise<RunEnd>((resolve) => {
    this.#die = (): void => resolve({ how: 'killed' });
  });
  /** While it stands still. */
  #stopped: Promise<void> | null = null;

  /** @param keeps which of all that it prints is to be kept in `output` */
  constructor(clock: VirtualClock, keeps: (printed: unknown) => boolean = () => true) {
    this.#clock = clock;
    this.#keeps = keeps;
  }

  interrupt(): void {
    this.#stop.abort();
  }

  kill(): void {
    this.#alive = false;
    this.#die();
  }

  /** SIGSTOP, and SIGCONT after `ms`: until then it does not go on with anything. */
  standStill(ms: number): void {
    this.#stopped = this.#clock.sleep(ms).then(() => {
      this.#stopped = null;
    });
  }

  /** The client's own clock, and whatever else it waits for, until it is killed. */
  get clock(): ClientClock {
    return {
      now: () => this.#clock.now(),
      elapsed: () => this.#clock.elapsed(),
      sleep: (ms, signal) => this.#whileAlive(this.#clock.sleep(ms, signal)),
    };
  }

  /** The same for each method of what it talks to. */
  mortal<T extends object>(target: T): T {
    return new Proxy(target, {
      get: (object, name) => {
        const member: unknown = Reflect.get(object, name);
        if (typeof member !== 'function') return member;
        return (...args: unknown[]): unknown => this.#whileAlive(Promise.resolve(Reflect.apply(member, object, args)));
      },
    });
  }

  /** Runs a job until it ends, is killed after `killMs`, or hangs: it is still going on after `boundMs`. */
  async run(job: ClientJob, killMs: number | null, boundMs: number): Promise<RunEnd> {
    const over = new AbortController();
    const after = (ms: number, end: RunEnd): Promise<RunEnd> =>
      this.#clock.sleep(ms, over.signal).then(
        () => end,
        () => end,
      );
    const ends = [this.#do(job), this.#killed, after(boundMs, { how: 'hung' })];
    if (killMs !== null) ends.push(after(killMs, { how: 'killed' }));
    const end = await Promise.race(ends);
    this.#alive = false;
    over.abort(new Error('over'));
    return end;
  }

  async #do(job: ClientJob): Promise<RunEnd> {
    try {
      const result = await job({ signal: this.#stop.signal, onEvent: (event) => this.#print(event) });
      this.#print(result);
      return { how: 'result', exitCode: result.exitCode, result };
    } catch (error) {
      this.#print(error);
      return { how: 'thrown', exitCode: error instanceof LdctlError ? error.exitCode : 1, error };
    }
  }

  #print(...values: unknown[]): void {
    for (const value of values.filter(this.#keeps)) {
      this.output += `${inspect(value, { depth: null, showHidden: true })}\n`;
      if (value instanceof Error)
        this.output += `${value.stack ?? ''}\n${stringifyJson(Object.fromEntries(Object.entries(value)))}\n`;
      else this.output += `${stringifyJson(value)}\n`;
    }
  }

  #whileAlive<T>(promise: Promise<T>): Promise<T> {
    const goOn = <Value>(value: Value): Value | Promise<Value> => {
      if (this.#stopped) return this.#stopped.then(() => goOn(value));
      return this.#alive ? value : new Promise<never>(() => undefined);
    };
    return promise.then(goOn, async (error: unknown) => {
      await goOn(undefined);
      throw error;
    });
  }
}

/** A journal whose writes take their time, so that a kill can fall before or after each; some acceptances fail. */
export function slowJournal(journal: RunJournal, clock: VirtualClock, fails: () => boolean): RunJournal {
  const slowly = async <T>(work: () => Promise<T>): Promise<T> => {
    await clock.sleep(2);
    const result = await work();
    await clock.sleep(2);
    return result;
  };
  return {
    read: (key) => slowly(() => journal.read(key)),
    update: (key, change) =>
      slowly(() =>
        journal.update(key, (known) => {
          const next = change(known);
          if (next !== known && next?.state === 'accepted' && fails()) {
            throw new LdctlError('unconfirmed', 'journal_broken', 'the disk is full');
          }
          return next;
        }),
      ),
  };
}
