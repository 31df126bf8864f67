import type { PostFault } from './answers.js';

export const SECOND = 1000;

/** All ids lie above 2^63, so close to each other that they are one and the same as numbers. */
const FAR = 1n << 63n;
export function id(n: number): bigint {
  return FAR + BigInt(n);
}
/** How a story calls it. */
export const nameOf = (one: bigint): string => String(one < FAR ? one : one - FAR);

/** The nodes of the deployment. */
export const ALL = [id(1), id(2), id(3)];

/** What is done: one of the ways to use a job. */
export type Use =
  | {
      is: 'run';
      nodes: readonly bigint[] | null;
      expect?: number;
      /** A person was asked about every node. */
      isAgreed?: true;
      wait?: false;
    }
  | {
      is: 'roll';
      nodes: readonly bigint[];
      window: number;
      /** Of those that continue it, where that is another. */
      laterWindow?: number;
      gated?: true;
      timeoutMs?: number;
    }
  /** These follow what another has sent. */
  | { is: 'wait'; ids: readonly bigint[] }
  | { is: 'wait'; nodes: readonly bigint[] | null; expect?: number }
  | { is: 'watch' };

/** One way to use a job, and what its world is like. */
export interface Setting {
  name: string;
  use: Use;
  /** Whether the server knows idempotency keys. */
  honours: boolean;
  /** What the log holds when it starts. */
  past:
    | 'old entries'
    | 'nothing'
    /** More entries than are read for the newest one. */
    | 'many entries'
    /** The log lists a node that is gone. */
    | 'a node that left'
    /** The log lists a node for another runtime only. It never acts. */
    | 'a node for others'
    /** The newest page shows nodes 2 and 3 alone. */
    | 'a node further down'
    /** Another stops a node that no entry has named, 0.3 s after the beginning. */
    | 'a new node'
    /** Another stops node 2 a second after the beginning. */
    | 'another action'
    /** Another's restart of node 2 is running. */
    | 'a busy node'
    /** An entry of the trigger before, for node 2, shows up after this one was sent. */
    | 'a late entry'
    /**
     * A runner that is gone used the key a second ago, and left no record; five minutes before,
     * another deploy did the same.
     */
    | 'a use of the key';
  /** How the log is read: as a whole, or page by page from a server that sorts it in this way. */
  log: 'whole' | 'newest first' | 'oldest first' | 'by time';
  /** How late the log shows an entry, ms. */
  lateBy: number;
  /** How long the work of a node takes, ms. */
  takes: number;
  /** How many processes use the key, and what becomes of them. */
  life:
    | 'one'
    | 'keyed'
    | 'killed'
    | 'killed, then another API key'
    | 'killed, then the clock is set back'
    | 'two at once'
    | 'three at once';
  ifBusy: 'ignore' | 'wait' | 'fail';
  /** How many nodes there are by Core; null where that is not known. */
  core: number | null;
  /** How long Core takes to say so after the job has started, ms; 0: it has said it before. */
  coreTakes: number;
  /** How many entries were looked at for the nodes before it started; null for all. */
  looks: number | null;
  /** Whether the server's answers carry a `date`. */
  hasDate: boolean;
  /** Whether the caller says whose deployment it is. */
  hasTenant: boolean;
  /** The first POST meets this, and that is no fault. */
  first: PostFault | null;
  /** The log cannot be read from then until then, and how; ms. That is no fault, either. */
  outage?: { from: number; to: number; is: 'lost' | 'gone' | 'told to wait for 50 minutes' };
  /** How long a process that was killed is gone, where it is not run again at once; ms. */
  backAfter?: number;
  /** So do as many in all, where it is not one alone. */
  firsts?: number;
  /** What the first POST has run on its first node is rejected, and that is no fault. */
  firstIsRejected?: true;
}

/** Whether the caller's key is kept, so that there is a journal. */
export const isKept = ({ use, life, past }: Setting): boolean =>
  use.is === 'roll' || life !== 'one' || past === 'a use of the key';

export const isKilled = ({ life }: Setting): boolean => life.startsWith('killed');

export const backAfter = (setting: Setting): number => setting.backAfter ?? 1200 * SECOND;

/** How many processes there are at once. */
export function processesOf({ life }: Setting): number {
  if (life === 'two at once') return 2;
  return life === 'three at once' ? 3 : 1;
}

/** The nodes that are asked for; null for every node. */
export function nodesOf({ use }: Setting): readonly bigint[] | null {
  return 'nodes' in use ? use.nodes : null;
}

/** How many nodes of a roll a process has in progress at most. */
export const windowOf = (use: Use & { is: 'roll' }, isLater: boolean): number =>
  isLater ? (use.laterWindow ?? use.window) : use.window;
