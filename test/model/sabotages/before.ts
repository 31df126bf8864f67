import type { fromRecords } from '../../../src/app/jobs.js';
import type { LdctlError } from '../../../src/base/errors.js';
import type { Id } from '../../../src/base/ids.js';
import type { busyOf } from '../../../src/job/busy.js';
import { type NodeEntries } from '../../../src/job/entries.js';
import { NONE_LISTED, type listedIn } from '../../../src/job/census.js';
import type { takeChecking } from '../../../src/job/run/checking.js';
import type { createRun } from '../../../src/job/run/run.js';
import type { askPosting } from '../../../src/job/run/sending.js';
import type { Sender } from '../../../src/job/run/state.js';
import type { LogRead } from '../../../src/log/log.js';
import { limit, put } from '../places.js';
import { plan, sabotage, waitsWithoutCore, type Rules } from './sabotage.js';

/** Which nodes there are, and what a record spares. */
export const BEFOREHAND: Rules = {
  'Which nodes': [
    sabotage(
      'a run on every node knows no nodes',
      'node-without-a-word',
      'every node',
      1,
      put<typeof listedIn>('job/census', 'listedIn', () => NONE_LISTED),
    ),
  ],
  'How far the log is read': [
    sabotage(
      'the rest of the log is not read for nodes',
      'node-without-a-word',
      'every node, one further down, two by Core',
      1,
      put<typeof listedIn>('job/census', 'listedIn', (original, entries, runtime, _, before) =>
        original(entries, runtime, true, before),
      ),
    ),
  ],
  'A record skips these checks': [
    sabotage(
      'a busy node is an answer, whatever another process has sent meanwhile',
      'guard-after-sent',
      'one node, two at once, if busy fail',
      1,
      put<typeof fromRecords>('app/jobs', 'fromRecords', (_, recall, __, start) => start(recall())),
    ),
  ],
  'A wait counts as its run did': [
    sabotage(
      'a wait on every node does not ask Core',
      'due-log',
      'a wait on every node, four by Core',
      0,
      waitsWithoutCore,
    ),
  ],
};

const holdsToNothing = put<(run: Sender, state: unknown, log: LogRead) => LdctlError | null>(
  'job/run/checking',
  'takeListed',
  (original, ...args) => {
    original(...args);
    return null;
  },
);

/** What comes right before the POST. */
export const BEFORE: Rules = {
  Baseline: [
    sabotage(
      'it sends without a baseline',
      'sent-without-baseline',
      'one node',
      0,
      put<typeof createRun>('job/run/run', 'createRun', (original, plan, kept, now) => {
        const run = original(plan, kept, now);
        run.baseline.readAt = now;
        if (run.state.name === 'checking') {
          run.state = { name: 'sending', before: null, notBefore: 0 };
        }
        return run;
      }),
    ),
    sabotage(
      'what came after the baseline lists a node',
      'names-an-unlisted-node',
      'every node, two looked for, and a new one',
      0,
      put<(baseline: Id, entries: NodeEntries, log: LogRead) => void>(
        'job/run/whose',
        'listRest',
        (original, _, ...rest) => original((1n << 64n) - 1n, ...rest),
      ),
    ),
    sabotage(
      'a baseline is fresh forever',
      'old-baseline',
      'one node',
      1,
      limit('job/run/sending', 'FRESH', Infinity),
    ),
    sabotage(
      'a POST that connects late is sent',
      'old-baseline',
      'one node',
      1,
      put<typeof askPosting>('job/run/sending', 'askPosting', (original, ...args) => ({
        ...original(...args),
        sendBy: Infinity,
      })),
    ),
  ],
  'Held to': [
    sabotage(
      'more nodes than were expected are acted on',
      'sent-to-others',
      'three expected, a new one, and 429 at first',
      0,
      holdsToNothing,
    ),
    sabotage(
      'a node that no one was asked about is acted on',
      'sent-to-others',
      'three agreed to, a new one, and 429 at first',
      0,
      holdsToNothing,
    ),
  ],
  Busy: [
    sabotage(
      '--if-busy fail goes ahead',
      'busy-at-first',
      'one node, busy, if busy fail',
      0,
      put<typeof busyOf>('job/busy', 'busyOf', () => []),
    ),
    sabotage(
      '--if-busy wait does not wait',
      'busy-all-at-once',
      'one node, busy, if busy wait',
      0,
      plan('ifBusy', () => 'ignore'),
    ),
    sabotage(
      'those that wait for the same entry go ahead at once',
      'busy-all-at-once',
      'one node, busy, if busy wait',
      0,
      put<(key: string) => number>('job/run/checking', 'spreadOf', () => 0),
    ),
    sabotage(
      '--if-busy fail looks only once',
      'busy-right-before',
      'one node, if busy fail, 429 at first',
      1,
      put<typeof takeChecking>(
        'job/run/checking',
        'takeChecking',
        (original, run, state, log, now) => {
          const ended = log.entries.map((one) => ({ ...one, status: 'completed' }));
          return original(run, state, state.deep ? log : { ...log, entries: ended }, now);
        },
      ),
    ),
  ],
};
