import { setMaxListeners } from 'node:events';
import { linkedController, unlessAborted, withTimeout } from '../../base/abort.js';
import type { Clock, Random } from '../../base/clock.js';
import { Interrupted, LdctlError } from '../../base/errors.js';
import type { Id } from '../../base/ids.js';
import { warning } from '../../base/progress.js';
import type { ActivityLog } from '../activity-log.js';
import { ErrorBudget } from './error-budget.js';
import type { Followed, FollowEvent } from './followed.js';
import type { LogMemory } from './log-memory.js';
import { LogTail } from './log-tail.js';
import { PollSchedule } from './poll-schedule.js';
import { SingleFlight, type Tries } from './single-flight.js';
import { Subscribers, type Subscriber } from './subscribers.js';
import { Timer } from './timer.js';

export interface FollowerOptions {
  /** What is at or below this id is read only where its id is asked for. */
  after: Id;
  /** `--interval` in milliseconds, or null to adapt. */
  intervalMs: number | null;
  /** Keeps what was read, where some subscribe later than others. */
  memory?: LogMemory;
}

export interface FollowerTools {
  clock: Clock;
  random: Random;
  signal: AbortSignal;
}

/** A poll that began this lately shows the newest end well enough: what has come since counts as later. */
const FRESH_MS = 500;
/** At a deadline there is one last poll, which may take this long. */
const LAST_POLL_MS = 2000;

/**
 * Polls the log for all that subscribe, until each is settled, its deadline has come, polling has failed for too long,
 * or the user stops it (design, "Polling"). A plain run is one subscriber; a roll has one for each node underway. There
 * is one poll at a time, and each serves all. Nothing that the network does is thrown.
 */
export class LogFollower {
  readonly #clock: Clock;
  readonly #tail: LogTail;
  readonly #memory: LogMemory | undefined;
  readonly #schedule: PollSchedule;
  readonly #budget = new ErrorBudget();
  readonly #subscribers = new Subscribers();
  readonly #polls = new SingleFlight((tries) => this.#poll(tries));
  /** When the next poll is due. */
  readonly #timer: Timer;
  readonly #life: ReturnType<typeof linkedController>;
  /** When the last good poll began; monotonic clock, ms. */
  #polledAt = -Infinity;
  #lastRefresh: Promise<unknown> = Promise.resolve();
  #isLooping = false;

  constructor(log: ActivityLog, options: FollowerOptions, { clock, random, signal }: FollowerTools) {
    this.#clock = clock;
    this.#tail = new LogTail(log, options.after);
    this.#memory = options.memory;
    this.#schedule = new PollSchedule(options.intervalMs, random);
    this.#timer = new Timer(clock);
    this.#life = linkedController(signal);
    // Every subscriber listens to it.
    setMaxListeners(0, this.#life.controller.signal);
  }

  /** Ends what is still going on. */
  close(): void {
    this.#life.release();
    this.#life.controller.abort(new Error('the log is no longer followed'));
  }

  /**
   * Follows until an end; the last event says which.
   * @param deadline monotonic clock, ms; `Infinity` for none
   */
  async *follow(followed: Followed, deadline = Infinity): AsyncGenerator<FollowEvent, void> {
    const isFirst = this.#subscribers.size === 0;
    const subscriber = this.#subscribers.add(followed, deadline);
    this.#deliverRemembered(subscriber);
    const now = this.#clock.elapsed();
    this.#schedule.begin(now);
    // What was due while nobody was there to see it is due no more.
    if (isFirst) this.#timer.set(Infinity);
    this.#timer.bringForward(this.#schedule.next(now));
    if (!this.#isLooping) void this.#loop();
    const { controller: over, release } = linkedController(this.#life.controller.signal);
    void this.#endAtDeadline(subscriber, over.signal);
    try {
      yield* subscriber.events.drain();
    } finally {
      release();
      over.abort(new Error('followed to an end'));
      this.#subscribers.end([subscriber], { kind: 'settled' });
      this.#timer.wake();
    }
  }

  /**
   * Polls now, unless the last poll is fresh. Whoever asks first is answered first.
   * @throws as `Supervisor.list` does, or Interrupted
   */
  refresh(): Promise<void> {
    const answer = this.#lastRefresh.then(async () => {
      if (this.#clock.elapsed() - this.#polledAt > FRESH_MS) await this.#polls.join('several');
    });
    this.#lastRefresh = answer.catch(() => undefined);
    return answer;
  }

  async #loop(): Promise<void> {
    const isWanted = (): boolean => this.#subscribers.size > 0;
    this.#isLooping = true;
    try {
      // A poll that somebody else asked for meanwhile puts the next one off.
      while (isWanted()) {
        if (await this.#timer.untilDue(isWanted, this.#life.controller.signal)) await this.#pollOrTolerate();
      }
    } catch (error) {
      const all = this.#subscribers.all();
      if (error instanceof Interrupted) this.#subscribers.end(all, { kind: 'interrupted', reason: error });
      else for (const { events } of all) events.fail(error);
    } finally {
      this.#isLooping = false;
    }
  }

  async #pollOrTolerate(): Promise<void> {
    const startedAt = this.#clock.elapsed();
    try {
      await this.#polls.join('one');
    } catch (error) {
      if (error instanceof Interrupted || !(error instanceof LdctlError)) throw error;
      this.#pollFailed(error, startedAt);
    }
  }

  /** Polls once, and delivers what was read to every subscriber. */
  async #poll(tries: Tries): Promise<void> {
    const { signal } = this.#life.controller;
    signal.throwIfAborted();
    const startedAt = this.#clock.elapsed();
    const present = new Set(this.#subscribers.all());
    const open = this.#subscribers.open();
    // One that still hangs at a deadline is broken off, so that there can be a last one.
    const limitMs = tries === 'one' ? this.#subscribers.nextDeadline(startedAt) - startedAt : Infinity;
    const read = await withTimeout(this.#clock, limitMs, signal, (limited) =>
      this.#tail.poll(open, { signal: limited, tries }),
    );
    const endedAt = this.#clock.elapsed();
    if (this.#budget.succeeded()) this.#subscribers.tell({ event: 'outage', ageMs: null });
    this.#polledAt = startedAt;
    this.#memory?.take(read);
    const poll = { startedAt, endedAt, serverTime: this.#tail.serverTime };
    const news = this.#subscribers
      .all()
      // The poll did not know of whoever subscribed meanwhile.
      .map((one) => (present.has(one) ? this.#subscribers.deliver(one, read, poll) : this.#deliverRemembered(one)));
    if (news.includes(true)) this.#schedule.changed(endedAt);
    // Those that had their last poll, although the machine slept through their deadline.
    this.#subscribers.end(this.#subscribers.lateAt(startedAt), { kind: 'deadline' });
    const last = { startedAt, requests: this.#tail.requests, checkAt: this.#subscribers.checkAt() };
    this.#timer.set(this.#schedule.next(endedAt, last));
  }

  #pollFailed(error: LdctlError, startedAt: number): void {
    const now = this.#clock.elapsed();
    // One that a deadline broke off says nothing of the log.
    if (this.#subscribers.lateAt(now).length === 0) {
      const { giveUp, first } = this.#budget.failed(error, startedAt, now);
      const ageMs = now - (this.#polledAt > 0 ? this.#polledAt : startedAt);
      const problem = warning('poll_failed', `cannot see the log just now: ${error.message}`);
      if (first) this.#subscribers.tell(problem, { event: 'outage', ageMs });
      if (giveUp) this.#subscribers.end(this.#subscribers.all(), { kind: 'gave-up', error });
    }
    this.#timer.set(Math.max(this.#schedule.next(now), this.#budget.retryAfterMs));
  }

  /** No poll of its own, and so no proof of anything that is absent. @returns whether it was news */
  #deliverRemembered(subscriber: Subscriber): boolean {
    const entries = this.#memory?.entries ?? [];
    if (entries.length === 0) return false;
    const poll = { startedAt: -Infinity, endedAt: this.#clock.elapsed(), serverTime: this.#tail.serverTime };
    return this.#subscribers.deliver(subscriber, entries, poll);
  }

  /** After one last poll. What interrupts it ends the subscriber by itself. */
  async #endAtDeadline(subscriber: Subscriber, signal: AbortSignal): Promise<void> {
    if (subscriber.deadline === Infinity) return;
    try {
      await this.#clock.sleep(subscriber.deadline - this.#clock.elapsed(), signal);
      await withTimeout(this.#clock, LAST_POLL_MS, signal, (limited) =>
        unlessAborted(this.#polls.join('one'), limited),
      );
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof LdctlError)) subscriber.events.fail(error);
    }
    this.#subscribers.end([subscriber], { kind: 'deadline' });
  }
}
