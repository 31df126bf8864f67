import type { KeptRun, Mark } from '../../../src/base/journal.js';
import type { Outcome } from '../../../src/base/outcome.js';
import type { busyOf } from '../../../src/job/busy.js';
import type { widenForAll } from '../../../src/job/roll/read.js';
import {
  runOf,
  type continuedNode,
  type createRoll,
  type halt,
  type isLate,
  type Roll,
  type RollNode,
  type RollPlan,
} from '../../../src/job/roll/state.js';
import { interruptRoll, type gateEnded, type windDown } from '../../../src/job/roll/roll.js';
import type { callOff } from '../../../src/job/run/run.js';
import { sentOf, type isRollOver, type Run } from '../../../src/job/run/state.js';
import type { isForgotten } from '../../../src/job/run/unknown.js';
import { limit, ofJournal, put, type Change } from '../places.js';
import { sabotage, type Rules } from './sabotage.js';

/** A roll is asked for something else. */
const rollPlan = <K extends keyof RollPlan>(
  name: K,
  change: (plan: RollPlan) => RollPlan[K],
): Change =>
  put<typeof createRoll>('job/roll/state', 'createRoll', (original, asked, ...rest) =>
    original({ ...asked, [name]: change(asked) }, ...rest),
  );

/** What earlier processes have left of a node has this mark, or has it not. */
const marked = (mark: Mark, isThere: (kept: KeptRun) => boolean): Change =>
  put<typeof createRoll>('job/roll/state', 'createRoll', (original, asked, kept, now) => {
    const others = kept.map((one) => {
      if (!one) return one;
      const marks = [...one.marks].filter((other) => other !== mark);
      return { ...one, marks: new Set(isThere(one) ? [...marks, mark] : marks) };
    });
    return original(asked, others, now);
  });

const outcomeOf = (run: Run | null): Outcome | null =>
  run?.state.name === 'ended' ? run.state.outcome : null;

type Admit = (run: Run, now: number) => void;
type IsAboutToSend = (node: RollNode, now: number) => boolean;

/** A roll. */
export const ROLLS: Rules = {
  Order: [
    sabotage(
      'a roll goes backwards',
      'roll-order',
      'a roll of three',
      0,
      rollPlan('nodes', ({ nodes }) => nodes.toReversed()),
    ),
    sabotage(
      'a roll starts all nodes at once',
      'roll-window',
      'a roll of three',
      0,
      rollPlan('maxUnavailable', () => 9),
    ),
    sabotage(
      'a shared read is as shallow as its first node wants',
      'as-if-nothing-had-been',
      'a roll by twos of long work, 429 at first',
      0,
      put<typeof widenForAll>('job/roll/read', 'widenForAll', (_, __, step) => step),
    ),
  ],
  Pace: [
    sabotage(
      'a roll sends all at once',
      'roll-pace',
      'a roll by twos',
      0,
      limit('job/roll/roll', 'POST_GAP', 0),
    ),
  ],
  Busy: [
    sabotage(
      'a roll with --if-busy fail goes ahead',
      'busy-at-first',
      'a roll by twos, busy, if busy fail',
      0,
      put<typeof busyOf>('job/busy', 'busyOf', () => []),
    ),
    sabotage(
      'a node that waits for a busy one holds up every other',
      'roll-held-up',
      'a roll by twos, busy, if busy wait',
      0,
      put<IsAboutToSend>(
        'job/roll/roll',
        'isAboutToSend',
        (original, node, now) => runOf(node)?.state.name === 'blocked' || original(node, now),
      ),
    ),
    sabotage(
      'a roll with --if-busy wait does not wait',
      'busy-all-at-once',
      'a roll by twos, busy, if busy wait',
      0,
      rollPlan('ifBusy', () => 'ignore'),
    ),
  ],
  'Pause and gate': [
    sabotage(
      'a roll asks no gate',
      'due-roll',
      'a gated roll of two, killed and run again',
      0,
      rollPlan('gated', () => false),
    ),
    sabotage(
      'a roll does not pause',
      'roll-pause',
      'a roll of three',
      0,
      rollPlan('pauseMs', () => 0),
    ),
    sabotage(
      'a gate that hangs is waited for',
      'never-ends',
      'a gated roll, killed and run again',
      1,
      rollPlan('gateTimeoutMs', () => Infinity),
    ),
  ],
  Halting: [
    sabotage(
      'a rejected node counts for more than a missing one',
      'due-roll',
      'a roll by twos, the first POST lost',
      1,
      put<(roll: Roll) => { outcome: Outcome; error: null }>(
        'job/roll/result',
        'outcomeOf',
        (original, roll) => {
          const ends = roll.nodes.map((node) => outcomeOf(runOf(node)));
          const isBoth = ends.includes('rejected') && ends.includes('unconfirmed');
          return isBoth ? { outcome: 'rejected', error: null } : original(roll);
        },
      ),
    ),
    sabotage(
      'the time of a roll is never up',
      'roll-time',
      'a roll of three that has 5 s',
      0,
      put<typeof isLate>('job/roll/state', 'isLate', () => false),
      put<typeof isRollOver>('job/run/state', 'isRollOver', () => false),
    ),
    sabotage(
      'its time is never up for its first POST',
      'roll-time',
      'a roll of three that has 5 s',
      1,
      put<typeof isRollOver>('job/run/state', 'isRollOver', () => false),
    ),
    sabotage(
      'the first Ctrl-C ends the running nodes',
      'stops-too-soon',
      'a roll of three',
      1,
      put<typeof windDown>('job/roll/roll', 'windDown', (_, roll, reason) =>
        interruptRoll(roll, reason, 0),
      ),
    ),
    sabotage(
      'a roll continues on an error',
      'roll-halts',
      'a roll of three',
      1,
      put<typeof halt>('job/roll/state', 'halt', () => undefined),
    ),
    sabotage(
      'a failed gate does not halt',
      'due-gate',
      'a gated roll of two, killed and run again',
      1,
      put<typeof gateEnded>('job/roll/roll', 'gateEnded', (original, roll, ...rest) => {
        original(roll, ...rest);
        if (roll.nodes.some(({ state }) => state.name === 'waiting')) roll.halted = false;
      }),
    ),
    sabotage(
      'a roll starts more after Ctrl-C',
      'roll-stopped',
      'a roll of three',
      1,
      put<typeof windDown>('job/roll/roll', 'windDown', () => undefined),
    ),
    sabotage(
      'a roll that is over sends again',
      'roll-stopped',
      'a roll by twos',
      1,
      put<typeof callOff>('job/run/run', 'callOff', () => undefined),
    ),
  ],
  'The same roll': [
    sabotage(
      'two processes at once do not see the records of each other',
      'run-twice',
      'a roll of two, two at once, keys ignored',
      1,
      ofJournal('claim', (journal, claim, record) => {
        Object.assign(journal, { read: () => null });
        const made = claim(record, 0);
        Reflect.deleteProperty(journal, 'read');
        return made;
      }),
    ),
    sabotage(
      'a gate that failed is not asked again',
      'due-roll',
      'a gated roll of two, killed and run again',
      1,
      marked('passed', () => true),
    ),
    sabotage(
      'a rejection that no process was halted by is passed over',
      'roll-halts',
      'a roll of two, the first rejected, killed',
      1,
      marked('rejected', () => true),
    ),
    sabotage(
      'a rejection that was reported halts it again',
      'roll-halts-again',
      'a roll of two, the first rejected, killed',
      1,
      put<(node: RollNode, outcome: Outcome) => boolean>(
        'job/roll/node',
        'halts',
        (_, __, outcome) => outcome !== 'completed',
      ),
    ),
    sabotage(
      'a gate that has passed is asked again',
      'gate-once',
      'a gated roll of two, killed and run again',
      1,
      marked('passed', () => false),
    ),
  ],
  'A resumed roll keeps its window': [
    sabotage(
      'a resumed roll sends to all of which the log shows nothing',
      'roll-window',
      'a roll by threes whose POSTs are lost, continued one by one',
      1,
      put<typeof continuedNode>('job/roll/state', 'continuedNode', (original, ...args) => {
        const node = original(...args);
        if (node.state.name === 'running' && node.state.run.state.name === 'unknown') {
          node.state.run.state.isHeldBack = false;
        }
        return node;
      }),
    ),
    sabotage(
      'a node that waited is sent to without another read',
      'again-by-old-read',
      'a roll by threes whose POSTs are lost, continued one by one',
      1,
      put<Admit>('job/roll/node', 'admit', (original, run, now) => {
        original(run, now);
        run.state = { name: 'sending', before: sentOf(run), notBefore: 0 };
      }),
    ),
    sabotage(
      'two nodes that waited are sent to by one read',
      'again-by-old-read',
      'a roll by threes whose POSTs are lost, continued by twos',
      1,
      put<IsAboutToSend>(
        'job/roll/roll',
        'isAboutToSend',
        (original, node, now) => runOf(node)?.state.name !== 'unknown' && original(node, now),
      ),
    ),
    sabotage(
      'a node that waits takes up room',
      'as-if-nothing-had-been',
      'a roll by threes whose POSTs are lost, continued one by one',
      1,
      put<(...args: unknown[]) => boolean>('job/roll/node', 'isToHold', () => false),
    ),
    sabotage(
      'what is too old to be sent again halts each process',
      'roll-halts-again',
      'a roll of two, killed at first, run again later',
      1,
      marked('unconfirmed', () => false),
    ),
    sabotage(
      'what is too old to be sent again halts no process',
      'roll-overtakes',
      'a roll of two, killed',
      1,
      marked('unconfirmed', ({ ageMs }) => ageMs > 600_000),
    ),
    sabotage(
      'what is not too old is given up for good',
      'roll-gives-up',
      'a roll of two, killed',
      1,
      put<typeof isForgotten>('job/run/unknown', 'isForgotten', () => true),
    ),
    sabotage(
      'a resumed roll sends again after 9 minutes',
      'record-again-too-late',
      'a roll of two, killed',
      1,
      limit('job/run/unknown', 'RESEND', 3_600_000),
    ),
  ],
};
