import type { Activity } from '../../base/activity.js';
import type { Id } from '../../base/ids.js';
import type { RunStep } from '../../base/progress.js';
import { EventQueue } from './event-queue.js';
import type { Followed, FollowEvent, FollowOutcome, Poll } from './followed.js';

export interface Subscriber {
  followed: Followed;
  /** Monotonic clock, ms; `Infinity` for none. */
  deadline: number;
  events: EventQueue<FollowEvent>;
}

/** All that are followed just now. */
export class Subscribers {
  readonly #all = new Set<Subscriber>();

  get size(): number {
    return this.#all.size;
  }

  all(): Subscriber[] {
    return [...this.#all];
  }

  add(followed: Followed, deadline: number): Subscriber {
    const subscriber = { followed, deadline, events: new EventQueue<FollowEvent>() };
    this.#all.add(subscriber);
    return subscriber;
  }

  /** Hands on what was read, and ends what is settled by it. @returns whether it was news */
  deliver(subscriber: Subscriber, read: readonly Activity[], poll: Poll): boolean {
    const { followed, events } = subscriber;
    const news = followed.observe(read, poll);
    for (const event of news) events.push(event);
    if (followed.settled) this.end([subscriber], { kind: 'settled' });
    return news.length > 0;
  }

  /** Says once what concerns all of them. */
  tell(...events: RunStep[]): void {
    const [anyone] = this.#all;
    for (const event of events) anyone?.events.push(event);
  }

  end(some: readonly Subscriber[], outcome: FollowOutcome): void {
    for (const subscriber of some) {
      subscriber.events.push({ event: 'ended', outcome });
      subscriber.events.close();
      this.#all.delete(subscriber);
    }
  }

  /** The ids of the entries that any of them looks for. */
  open(): Id[] {
    return this.all().flatMap(({ followed }) => followed.open());
  }

  /** When a poll could settle one of them; monotonic clock, ms, `Infinity` for never. */
  checkAt(): number {
    return this.all().reduce((first, { followed }) => Math.min(first, followed.nextCheckAt() ?? Infinity), Infinity);
  }

  /** Those whose deadline has come. */
  lateAt(at: number): Subscriber[] {
    return this.all().filter(({ deadline }) => deadline <= at);
  }

  /** The first deadline after that time; `Infinity` for none. */
  nextDeadline(after: number): number {
    return this.all().reduce((first, { deadline }) => (deadline > after ? Math.min(first, deadline) : first), Infinity);
  }
}
