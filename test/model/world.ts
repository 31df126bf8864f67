import type { Activity } from '../../src/base/activity.js';
import type { Accepted, ActivityPage, WireTrigger } from '../../src/base/supervisor.js';
import type { LogRead } from '../../src/log/log.js';
import { meetingOf, type PostFault } from './answers.js';
import type { Choices } from './choices.js';
import type { Disk } from './disk.js';
import { ALL, id, nameOf, SECOND, type Setting } from './setting.js';

/*
 * The world of the model: a server with a log, a disk, and time. It shares no code with the job.
 * What can go wrong is a choice.
 */

export const EPOCH = Date.UTC(2026, 0, 1);
export const DEPLOYMENT = id(7);
export const TENANT = id(70);

/** One activity. Times are ms from the beginning of the story. */
export interface Entry {
  id: bigint;
  node: bigint;
  action: string;
  runtime: string;
  createdAt: number;
  shownAt: number;
  doneAt: number;
  goneAt: number;
  end: string;
  /** Null: another operator's. */
  dispatch: Dispatch | null;
  createdText: string;
}

/** One POST, from when its process made it. */
export interface Post {
  by: number;
  at: number;
  /** The same by the clock of its machine. */
  wall: number;
  /** When its process knew the outcome. */
  endedAt: number;
  key: string;
  apiKey: string;
  nodes: readonly bigint[] | null;
  met: PostFault;
  means: ReturnType<typeof meetingOf>['means'];
  /** Whether the server said that it had done this before. */
  replayed: boolean;
  /** Records of the key that its process has made by then. */
  records: number;
  /** Whether another process has left a record of the key. */
  continues: boolean;
  /** Whether the journal said by then that an earlier one was accepted. */
  wasAccepted: boolean;
}

/** An action that the server does. */
export interface Dispatch {
  post: Post | null;
  at: number;
  key: string;
  made: Entry[];
}

export type Sender = Pick<Post, 'by' | 'apiKey' | 'records' | 'continues' | 'wasAccepted'>;

export class World {
  now = 0;
  /** Since someone has set the clock, ms. */
  clockIsOff = 0;
  readonly entries: Entry[] = [];
  readonly posts: Post[] = [];
  readonly dispatches: Dispatch[] = [];
  readonly disk: Disk = new Map();
  /** Told when something happens in the world that no process did. */
  tell: (what: string) => void = () => undefined;
  readonly #keys = new Map<string, number>();
  #onTheWay: Array<{ at: number; arrive: () => void }> = [];
  #nextId = 10;
  #requests = 0;
  /** Null after a new entry. */
  #sorted: readonly Entry[] | null = null;

  constructor(
    private readonly choices: Choices,
    private readonly setting: Setting,
  ) {
    const { past, log } = setting;
    if (past === 'nothing') return;
    const before = -30 * 60 * SECOND;
    this.#add(id(1), -300 * SECOND, { id: id(1) });
    this.#add(id(2), before, { id: id(2), end: 'rejected' });
    this.#add(id(3), before, { id: id(3), action: 'stop' });
    if (log === 'by time') this.#addMany(24, 0);
    if (past === 'many entries') this.#addMany(99, SECOND);
    if (past === 'a node further down') this.#addMany(99, SECOND, [id(2), id(3)]);
    if (past === 'a node that left') this.#add(id(5), before, { id: id(4) });
    if (past === 'a node for others') {
      this.#add(id(5), before, { id: id(4), runtime: 'connectors' });
    }
    if (past === 'a new node') {
      const arrive = (): Entry => this.#add(id(5), this.now, { action: 'stop' });
      this.#onTheWay.push({ at: 300, arrive });
    }
    if (past === 'a busy node') this.#add(id(2), -2 * SECOND, { id: id(8), doneAt: 4 * SECOND });
    if (past === 'another action') this.#add(id(2), SECOND, { id: id(9), action: 'stop' });
    if (past === 'a late entry') {
      this.#add(id(2), -40 * SECOND, { id: id(9), doneAt: -38 * SECOND, shownAt: 2500 });
    }
  }

  /** The clock of the machine that runs the processes. */
  get wall(): number {
    return EPOCH + this.now + this.clockIsOff;
  }

  /** More entries than are read for the newest one. @param step between them, ms */
  #addMany(count: number, step: number, nodes: readonly bigint[] = ALL): void {
    for (let n = 0; n < count; n++) {
      const createdAt = -60 * SECOND - (count - n) * step;
      this.#add(nodes[n % nodes.length] ?? id(1), createdAt, {
        id: id(1000 + n),
        action: 'stop',
      });
    }
    this.#add(id(2), -60 * SECOND, { id: id(1000 + count) });
    this.#nextId = 1200;
  }

  pass(to: number): void {
    const due = this.#onTheWay.filter(({ at }) => at <= to).sort((a, b) => a.at - b.at);
    this.#onTheWay = this.#onTheWay.filter(({ at }) => at > to);
    for (const { at, arrive } of due) {
      this.now = Math.max(this.now, at);
      arrive();
    }
    this.now = Math.max(this.now, to);
  }

  /** Another operator does the same to a node, or starts to. */
  rival(node: bigint, doneAt = this.now + 800): void {
    const entry = this.#add(node, this.now, { doneAt });
    this.tell(`another operator restarts node ${nameOf(node)}: entry ${nameOf(entry.id)}`);
  }

  // The log.

  /** What the log shows, newest first: as much as was asked for, or all of it. */
  read(downTo: bigint | 'newest' | 'forNodes', asOf = this.now): LogRead {
    const above = typeof downTo === 'bigint' ? downTo : 0n;
    const all = this.#shownAt(asOf);
    return {
      entries: all.filter(({ id }) => id > above),
      recent: all,
      below: all.filter(({ id }) => id <= above),
      total: all.length,
      startedAt: this.now,
      serverTime: this.setting.hasDate ? EPOCH + asOf : null,
      requests: 1,
      downTo,
    };
  }

  /** One page, from a server that gives three entries at most, or twenty where there are many. */
  page(number: number, results: number, asOf = this.now): ActivityPage {
    const { past, log } = this.setting;
    const isLong = /many entries|further down/.test(past) || log === 'by time';
    const size = Math.min(results, isLong ? 20 : 3);
    const all = this.#shownAt(asOf);
    if (log === 'by time') this.#turnTies(all);
    return {
      items: all.slice((number - 1) * size, number * size),
      page: number,
      total_results: all.length,
      total_pages: Math.ceil(all.length / size),
      ...(this.setting.hasDate && { serverTime: EPOCH + asOf - (asOf % SECOND) }),
    };
  }

  /** Of a server without a tie-breaker: entries of one moment are in another order each time. */
  #turnTies(all: Activity[]): void {
    this.#requests += 1;
    const momentAt = (n: number): string | undefined => all[n]?.created_at;
    for (let from = 0, to = 1; from < all.length; from = to, to += 1) {
      while (to < all.length && momentAt(to) === momentAt(from)) to += 1;
      const turn = (this.#requests * 14) % (to - from);
      if (turn > 0) all.splice(from, 0, ...all.splice(from + turn, to - from - turn));
    }
  }

  /** As the server sorts them. */
  #shownAt(asOf: number): Activity[] {
    this.#sorted ??= this.entries.toSorted(ORDERS[this.setting.log]);
    const shown: Activity[] = [];
    for (const entry of this.#sorted) {
      if (entry.shownAt <= asOf && entry.goneAt > asOf) shown.push(activityOf(entry, asOf));
    }
    return shown;
  }

  // What is sent.

  /** A runner that is gone, or another operator, has sent this. */
  sendElsewhere(nodes: readonly bigint[] | null, key: string, apiKey: string): void {
    this.#arrive(nodes, key, apiKey, null);
  }

  /**
   * One POST. @param met what it meets @param sendBy it is not sent later
   * @returns the answer, or the error that the client makes of it
   */
  post(
    request: WireTrigger,
    met: PostFault,
    sender: Sender,
    sendBy: number,
  ): Accepted | Error | null {
    const { nodes, wireKey: key } = request;
    const startedAt = this.now;
    this.pass(this.now + (meetingOf(met).connects ?? 0));
    const isLate = this.now > sendBy;
    const { runs, takes = 20, means, error } = meetingOf(isLate ? 'refused' : met);
    const post: Post = {
      at: isLate ? startedAt : this.now,
      wall: this.wall,
      endedAt: Infinity,
      key,
      nodes,
      met,
      means,
      replayed: false,
      ...sender,
    };
    this.posts.push(post);
    // A process that is stopped within its POST sends when it continues.
    if (met === 'stopped before it leaves') this.pass(this.now + 900 * SECOND);
    this.pass(this.now + 30);
    const arrive = (): boolean => this.#arrive(nodes, key, sender.apiKey, post);
    let replayed = false;
    if (runs === 'at once') replayed = arrive() || met === 'doubled by a gateway';
    else if (runs) this.#onTheWay.push({ at: this.now + runs, arrive });
    post.replayed = replayed;
    this.pass(this.now + takes);
    post.endedAt = this.now;
    if (means === 'accepted') {
      return {
        requestId: 'r',
        replayed,
        serverTime: this.setting.hasDate ? EPOCH + this.now : null,
      };
    }
    return error?.() ?? null;
  }

  /** @returns whether the server knew the key, and has done this before */
  #arrive(
    nodes: readonly bigint[] | null,
    key: string,
    apiKey: string,
    post: Post | null,
  ): boolean {
    const { honours } = this.setting;
    const known = this.#keys.get(`${apiKey} ${key}`);
    if (honours && known !== undefined && this.now - known < 600 * SECOND) return true;
    this.#keys.set(`${apiKey} ${key}`, this.now);
    const dispatch: Dispatch = { post, at: this.now, key, made: [] };
    this.dispatches.push(dispatch);
    for (const node of nodes ?? ALL) this.#makeEntries(dispatch, node, nodes === null);
    const ids = dispatch.made
      .map((one) => `${nameOf(one.id)} (node ${nameOf(one.node)})`)
      .join(', ');
    this.tell(`the server runs it: ${ids}`);
    return false;
  }

  /** What a node makes of a dispatch. @param isAny whether no nodes were named */
  #makeEntries(dispatch: Dispatch, node: bigint, isAny: boolean): void {
    const { lateBy, takes, past } = this.setting;
    const shownAt = this.now + lateBy + this.choices.of(LATENESS);
    const how = this.#howItEnds(dispatch, isAny);
    const doneAt = how === 'never ends' || how === 'vanishes' ? Infinity : shownAt + takes;
    const goneAt = how === 'vanishes' ? shownAt + 1500 : Infinity;
    const end = how === 'rejected' ? 'rejected' : 'completed';
    const add = (more: Partial<Entry>): void => {
      const by = more.node ?? node;
      const entry = { shownAt, doneAt, goneAt, end, dispatch, ...more };
      dispatch.made.push(this.#add(by, this.now, entry));
    };
    add({});
    // The second one shows up when the first has ended already, and is rejected, or runs longer.
    if (how === 'doubled') add({ shownAt: shownAt + 1700, doneAt, end: 'rejected' });
    if (how === 'doubled, running') add({ shownAt: shownAt + 600, doneAt: doneAt + 30 * SECOND });
    if (how === 'joined by a node') {
      // Too late where another one fills its place.
      const later = shownAt + (past === 'a node for others' ? 14_000 : 2900);
      add({ node: id(4), shownAt: later, doneAt: later + SECOND, end: 'completed' });
    }
  }

  #howItEnds({ post, made }: Dispatch, isAny: boolean): (typeof ENDS_OF_ANY)[number] {
    const isFirst = post === this.posts[0] && made.length === 0;
    if (isFirst && this.setting.firstIsRejected) return 'rejected';
    return this.choices.of(isAny ? ENDS_OF_ANY : ENDS);
  }

  #add(node: bigint, createdAt: number, more: Partial<Entry>): Entry {
    const entry: Entry = {
      id: more.id ?? id(this.#nextId++),
      node,
      action: 'restart',
      runtime: 'iggy',
      createdAt,
      shownAt: createdAt,
      doneAt: createdAt,
      goneAt: Infinity,
      end: 'completed',
      dispatch: null,
      createdText: new Date(EPOCH + createdAt).toISOString(),
      ...more,
    };
    this.entries.push(entry);
    this.#sorted = null;
    return entry;
  }
}

type Order = (a: Entry, b: Entry) => number;
const newestFirst: Order = (a, b) => (a.id < b.id ? 1 : -1);
const ORDERS: Record<Setting['log'], Order> = {
  whole: newestFirst,
  'newest first': newestFirst,
  'oldest first': (a, b) => newestFirst(b, a),
  'by time': (a, b) => b.createdAt - a.createdAt || newestFirst(a, b),
};

const LATENESS = [0, 4 * SECOND, Infinity] as const;
const ENDS = [
  'completed',
  'rejected',
  'never ends',
  'vanishes',
  'doubled',
  'doubled, running',
] as const;
/** Where no nodes are named, one that the log did not list may report, too. */
const ENDS_OF_ANY = [...ENDS, 'joined by a node'] as const;

/** Those that are final, which never change. */
const final = new WeakMap<Entry, Activity>();

function activityOf(entry: Entry, asOf: number): Activity {
  const known = entry.doneAt <= asOf && final.get(entry);
  if (known) return known;
  const { id, node, action, runtime, doneAt, end, createdText } = entry;
  const activity = {
    id,
    node_id: node,
    deployment_id: DEPLOYMENT,
    tenant_id: TENANT,
    runtime,
    action,
    status: doneAt <= asOf ? end : 'processing',
    created_at: createdText,
  };
  if (doneAt <= asOf) final.set(entry, activity);
  return activity;
}
