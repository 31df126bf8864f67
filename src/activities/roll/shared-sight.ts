import { setMaxListeners } from 'node:events';
import type { Activity } from '../../core/activity.js';
import type { Clock } from '../../core/clock.js';
import { Interrupted, LdctlError } from '../../core/errors.js';
import type { Id } from '../../core/ids.js';
import { warning, type RunEvent } from '../../core/progress.js';
import type { ActivityLog } from '../activity-log.js';
import type { Baseline } from '../baseline.js';
import { isBusy, type BusyQuery } from '../busy.js';
import type { Followed, FollowEnd, FollowTools } from '../follow.js';
import { linkedController } from '../linked-controller.js';
import { LogTail } from '../log-tail.js';
import { Patience } from '../patience.js';
import type { PastDurations } from '../past-durations.js';
import type { PollSchedule } from '../poll-schedule.js';
import type { Poll } from '../run-tracker.js';
import { ownSight, type Sight } from '../sight.js';
import { withLimit } from '../time-limit.js';
import { Alarm } from './alarm.js';
import { BusyNodes } from './busy-nodes.js';
import { EventQueue } from './event-queue.js';
import { Turns } from './turns.js';
import { unlessAborted } from './unless-aborted.js';

export interface SharedSightOptions {
  /** At or below the baselines of all runs: of what is above it, nothing is missed. */
  floor: Id;
  /** What any of the runs can care about. */
  concerns: (activity: Activity) => boolean;
  /** No run is followed for longer; local wall clock, ms, `Infinity` for no end. */
  deadline: number;
  clock: Clock;
  schedule: PollSchedule;
  signal: AbortSignal;
}

interface Watcher {
  followed: Followed;
  queue: EventQueue<RunEvent, FollowEnd>;
}

/** A look that began this lately shows the newest end well enough: what has come since counts as after the baseline. */
const FRESH_MS = 500;
/** At a run's deadline one last look is taken, this long at the most. */
const LAST_LOOK_MS = 2000;

/**
 * One follower for all runs of a roll (design, "Rolling"): each look at the log serves all of them, and a baseline too.
 * Looks are taken one after the other, so one that is asked for begins after it was asked for.
 */
export class SharedSight implements Sight {
  readonly past: PastDurations;
  readonly #options: SharedSightOptions;
  readonly #tail: LogTail;
  readonly #own: Sight;
  readonly #busy: BusyNodes;
  readonly #turns: Turns<'one' | 'several'>;
  readonly #life: ReturnType<typeof linkedController>;
  /** When the next look is due. */
  readonly #alarm: Alarm;
  readonly #watchers = new Set<Watcher>();
  readonly #patience = new Patience();
  /** What was seen so far: a run that joins late may have missed its entry. */
  readonly #seen = new Map<Id, Activity>();
  #highest: Id;
  /** When the last good look began; local wall clock, ms. */
  #lookedAt = 0;
  #lastAnswer: Promise<unknown> = Promise.resolve();
  #isLooping = false;

  constructor(log: ActivityLog, options: SharedSightOptions) {
    this.#options = options;
    this.#tail = new LogTail(log, options.floor);
    this.#own = ownSight(log);
    this.past = this.#own.past;
    this.#busy = new BusyNodes(log);
    this.#highest = options.floor;
    this.#alarm = new Alarm(options.clock);
    this.#life = linkedController(options.signal);
    // Every run that is followed listens to it.
    setMaxListeners(0, this.#life.controller.signal);
    this.#turns = new Turns((tries) => this.#read(tries), (a, b) => (a === 'several' ? a : b));
  }

  /** Ends what is still going on. */
  close(): void {
    this.#life.release();
    this.#life.controller.abort(new Error('the roll is over'));
  }

  /** @throws as `Supervisor.list` does, or Interrupted */
  async baseline(): Promise<Baseline> {
    await this.#inOrder();
    return { highestId: this.#highest, nodes: [] };
  }

  /** @throws as `Supervisor.list` does, or Interrupted */
  async busy({ runtime, nodes }: BusyQuery, signal: AbortSignal): Promise<Activity[]> {
    await this.#inOrder();
    const seen = [...this.#seen.values()];
    const seenBusy = (node: Id): boolean => seen.some((activity) => isBusy(activity, runtime, new Set([node])));
    return this.#busy.find({ runtime, nodes: nodes ?? [] }, seenBusy, signal);
  }

  async *follow(followed: Followed, after: Id, tools: FollowTools): AsyncGenerator<RunEvent, FollowEnd> {
    const deadline = Math.min(tools.deadline ?? Infinity, this.#options.deadline);
    // Entries of unknown ids below the floor (a replay without a record) are out of this one's sight.
    if (after < this.#options.floor && followed.open().length === 0) {
      return yield* this.#own.follow(followed, after, { ...tools, deadline: deadline === Infinity ? null : deadline });
    }
    const watcher: Watcher = { followed, queue: new EventQueue() };
    const { controller: over, release } = linkedController(this.#life.controller.signal);
    this.#watchers.add(watcher);
    this.#tellAllSeen(watcher);
    void this.#endAtDeadline(watcher, deadline, over.signal);
    this.#lookSoon();
    try {
      return yield* watcher.queue.drain();
    } finally {
      release();
      over.abort(new Error('followed to its end'));
      this.#end(watcher, { kind: 'settled' });
    }
  }

  /** Whoever asks first is answered first: nodes are acted on in their order. */
  #inOrder(): Promise<void> {
    const answer = this.#lastAnswer.then(() => this.#lookUnlessFresh());
    this.#lastAnswer = answer.catch(() => undefined);
    return answer;
  }

  async #lookUnlessFresh(): Promise<void> {
    const age = this.#options.clock.now() - this.#lookedAt;
    if (age < 0 || age > FRESH_MS) await this.#turns.take('several');
  }

  #lookSoon(): void {
    const { clock, schedule } = this.#options;
    const now = clock.now();
    schedule.begin(now);
    this.#alarm.putForward(schedule.next(now));
    if (!this.#isLooping) void this.#loop();
  }

  async #loop(): Promise<void> {
    const isWanted = (): boolean => this.#watchers.size > 0;
    this.#isLooping = true;
    try {
      // A look that somebody else asked for meanwhile puts the next one off.
      while (await this.#alarm.untilDue(isWanted, this.#life.controller.signal)) await this.#lookAndBear();
    } catch (error) {
      for (const watcher of this.#watchers) {
        if (error instanceof Interrupted) this.#end(watcher, { kind: 'interrupted', reason: error });
        else watcher.queue.fail(error);
      }
    } finally {
      this.#isLooping = false;
    }
  }

  async #lookAndBear(): Promise<void> {
    const { clock, schedule } = this.#options;
    const startedAt = clock.now();
    try {
      await this.#turns.take('one');
    } catch (error) {
      if (error instanceof Interrupted || !(error instanceof LdctlError)) throw error;
      const { giveUp, first } = this.#patience.failed(error, startedAt, clock.now());
      const [anyone] = this.#watchers;
      if (first) anyone?.queue.push(warning('poll_failed', `cannot see the log just now: ${error.message}`));
      if (giveUp) for (const watcher of this.#watchers) this.#end(watcher, { kind: 'gave-up', error });
      this.#alarm.set(Math.max(schedule.next(clock.now()), this.#patience.retryAfterMs));
    }
  }

  /** Reads the log once, and tells every run what it showed. */
  async #read(tries: 'one' | 'several'): Promise<void> {
    const { clock, schedule, concerns } = this.#options;
    const { signal } = this.#life.controller;
    signal.throwIfAborted();
    const startedAt = clock.now();
    const present = new Set(this.#watchers);
    const open = [...present].flatMap(({ followed }) => followed.open());
    const shown = await this.#tail.poll(open, { signal, tries });
    const endedAt = clock.now();
    const { serverTime } = this.#tail;
    this.#patience.succeeded();
    this.#lookedAt = startedAt;
    for (const activity of shown) {
      if (concerns(activity)) this.#seen.set(activity.id, activity);
      if (activity.id > this.#highest) this.#highest = activity.id;
    }
    const news = [...this.#watchers].map((watcher) =>
      // Whoever came meanwhile was not asked what to look for.
      present.has(watcher) ? this.#tell(watcher, shown, { startedAt, endedAt, serverTime }) : this.#tellAllSeen(watcher),
    );
    if (news.includes(true)) schedule.changed(endedAt);
    this.#alarm.set(this.#waitAfter(startedAt, endedAt));
  }

  /** No look of its own, and so no proof of anything that is absent. */
  #tellAllSeen(watcher: Watcher): boolean {
    const { serverTime } = this.#tail;
    return this.#tell(watcher, [...this.#seen.values()], { startedAt: 0, endedAt: this.#options.clock.now(), serverTime });
  }

  /** @returns whether it was news to this run */
  #tell(watcher: Watcher, shown: readonly Activity[], poll: Poll): boolean {
    const events = watcher.followed.observe(shown, poll);
    for (const event of events) watcher.queue.push(event);
    if (watcher.followed.settled) this.#end(watcher, { kind: 'settled' });
    return events.length > 0;
  }

  /** The moment that could settle a run comes before the schedule's own. */
  #waitAfter(startedAt: number, endedAt: number): number {
    const checks = [...this.#watchers].map(({ followed }) => followed.nextCheckAt() ?? Infinity);
    const last = { startedAt, requests: this.#tail.requests, checkAt: Math.min(Infinity, ...checks) };
    return this.#options.schedule.next(endedAt, last);
  }

  async #endAtDeadline(watcher: Watcher, deadline: number, signal: AbortSignal): Promise<void> {
    if (deadline === Infinity) return;
    const { clock } = this.#options;
    try {
      await clock.sleep(deadline - clock.now(), signal);
      await withLimit(clock, LAST_LOOK_MS, signal, (limited) => unlessAborted(this.#turns.take('one'), limited));
    } catch {
      // Ended otherwise, or interrupted: whoever did that says so. Else what was seen last is what counts.
      if (signal.aborted) return;
    }
    this.#end(watcher, { kind: 'deadline' });
  }

  #end(watcher: Watcher, end: FollowEnd): void {
    watcher.queue.close(end);
    this.#watchers.delete(watcher);
    if (this.#watchers.size === 0) this.#alarm.wake();
  }
}
