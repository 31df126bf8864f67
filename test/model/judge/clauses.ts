/*
 * What a story can be accused of, and what it is let off. A test plays a sabotage for each clause,
 * and counts each excuse.
 */

export const CLAUSES = {
  'never-ends': 'it never ends, or waits for nothing',

  // Promise 2: at most once (sent.ts).
  'run-twice': 'run twice, though the log showed the first run within 5 s',
  'run-twice-forgotten': 'run twice: the server had forgotten the key',
  'again-after-accepted': 'sent again after it was accepted',
  'again-after-no': 'sent again after the server had said no',
  'again-after-redirect': 'sent again after a redirect',
  'again-too-soon': 'sent again sooner than the answer before allows',
  'again-too-late': 'sent again more than 120 s after its first POST started',
  'record-again-too-late': 'sent again more than 540 s after the first POST of a record started',
  'again-though-shown': 'sent again though the log showed an entry',
  'again-after-another': 'sent again after another process had been accepted and had ended',
  'again-by-old-read': 'sent again on an old read of the log',
  'again-by-shallow-read':
    'sent again although no read since then went as far back as the first one',
  'again-by-wrong-clock': 'sent again by a process whose clock was set back',
  'again-by-another-key': 'sent again with another API key',

  // What comes before a POST (before.ts).
  'sent-without-record': 'sent without a record',
  'sent-without-baseline': 'sent without a baseline',
  'old-baseline': 'sent on a baseline older than 10 s',
  'sent-by-foreign-log': 'sent though the log was that of another deployment or tenant',
  'sent-after-interrupt': 'sent after an interrupt',
  'sent-to-others': 'sent though the log listed more nodes than were expected or agreed to',
  'busy-at-first': 'sent though its first read showed a busy node, with --if-busy fail',
  'busy-right-before': 'sent to a node that was busy right before',
  'busy-all-at-once': 'sent within 0.5 s after a node became free',

  // A roll (rolled.ts).
  'roll-pace': 'a roll sent more than two a second',
  'roll-order': 'a roll sent out of order',
  'roll-time': 'a roll sent after its time was up',
  'roll-stopped': 'a roll sent after a halt or an interrupt',
  'roll-halts': 'a roll sent after a node had failed',
  'roll-pause': 'a roll sent before its pause was over',
  'roll-window': 'a roll had more running than its window',
  'roll-overtakes': 'a roll started a node before one that an earlier process may have sent to',
  'roll-held-up': 'a node that waited for a busy one held up another node of its roll',
  'roll-halts-again': 'a roll was halted by a node that had halted an earlier process',
  'roll-gives-up': 'a node was given up within 9 minutes of its first POST',
  'gate-once': 'a gate that had passed was run again',

  // Promise 4: the exit code, by what a process was shown (due.ts).
  'due-nothing-sent': 'nothing was sent, and its exit code did not say why',
  'due-interrupt': 'it was interrupted, and did not end with 130',
  'due-error': 'what it met last left it unconfirmed, and it did not end with 7',
  'due-accepted': 'it was accepted and did not wait, and did not end with 0',
  'due-log': 'its exit code was not what the log showed',
  'due-roll': 'the exit code of a roll was not what the log showed of its nodes',
  'due-gate': 'a gate failed, and the roll did not end with 9',
  'due-watch': 'a watch did not end as the log showed',
  'due-outcome': 'its exit code was that of another outcome',
  'denies-what-it-sent': 'it said that nothing was sent, and could not know',
  'guard-after-sent': 'a busy node or a foreign log ended it, though its key had been sent',
  'unsent-is-unconfirmed': 'it ended with 7, though all that was sent was refused',
  'hides-what-it-read': 'a wait did not say what it had read',
  'as-if-nothing-had-been': 'all faults had passed, and it did not end as without them',

  // Promise 3: exit 0 means done, by what the world did (done.ts).
  'done-by-foreign-log': 'exit 0 by the log of another deployment or tenant',
  'accepted-unsent': 'accepted, and nothing was sent',
  'done-before-grace': 'exit 0 before the grace was over',
  'done-by-earlier-deploy': 'exit 0 by an older entry than those of the POST that was replayed',
  'done-by-what-was-running': 'exit 0 by an older entry of a node than that of its POST',
  'done-before-count': 'exit 0 before Core had counted',
  'node-without-a-word': 'exit 0 without a word of a node that the log listed',
  'names-an-unlisted-node': 'it named a node that the log did not list',
  'row-of-no-entry': 'a row had an id that was no entry of its node',
  'row-of-older-entry': 'a row had an entry from before the trigger',
  'row-of-later-entry': 'a row had an entry from after the run had ended',
  'row-hides-early-entry':
    'a row had no id, though the log showed an entry that was too early to count',
  'count-differs': 'the result had another count than Core',
  'rows-lacking': 'rows without an id were not as many as the nodes that only Core counted',
  'watch-ends-too-soon': 'a watch ended too soon',
  'watch-hides': 'a watch did not show what it had read',
  'watch-loses-rejection': 'a watch lost a rejection',

  // How long it looks, and how often (looked.ts).
  'reads-on-when-denied': 'it read on though it was denied',
  'runs-on-after-interrupt': 'it ran on after Ctrl-C',
  'first-read-late': 'it first read the log more than 2 s after its POST',
  'reads-too-often': 'it read again right after a read',
  'reads-too-seldom': 'it did not look at the log for 3 s',
  'missing-too-soon': 'a node was missing before the time to appear was over',
  'missing-too-late': 'a node was missing only long after the time to appear',
  'obeys-too-long': 'it did not look at the log for more than 5 minutes, as it was told',
  'ends-too-late': 'all had completed, and it waited on',
  'stops-too-soon': 'it stopped following before its time was up',
  'says-no-next': 'nothing said how to continue',
  'next-is-too-high': 'the command that continued it started above its entries',
} as const satisfies Record<string, string>;

export type Clause = keyof typeof CLAUSES;

/**
 * What no client can hold is not accused. docs/rules.md says the same words; a test compares them.
 * The judge counts how often each of them lets a story off.
 */
export const LIMITS = {
  'late-and-ignored': 'A server ignores idempotency keys *and* shows an entry more than 5 s late.',
  redirected: 'A run was redirected and is started again within 9 minutes. It may send once more.',
  'late-replay':
    'The POST of such a run is replayed, and its entries show up more than 10 s late. The newest of each node counts instead.',
  rival:
    'Another operator does the same to the same node at the same moment. It counts as done, because it was done.',
  'earlier-trigger':
    'An entry of an earlier trigger was created up to 10 s before the baseline was read, or at any time if no answer has a `date`, and shows up after it.',
  'gateway-429':
    'A gateway answers `425` or `429` to a POST that it has sent on, and the server ignores idempotency keys.',
  'counted-out':
    'Core counts one node too few, and one that the log lists reports more than 10 s after the others. It is reported as not acted on.',
  'place-filled':
    'A node that the log lists for other runtimes only is gone. It fills the place of a new node that reports more than 10 s late.',
} as const satisfies Record<string, string>;

/** These the model does not play. */
export const NOT_PLAYED = [
  'A process is suspended within a POST, and sends it when it resumes.',
  'A run with a key left no record here, and the server has forgotten the key.',
  'A server stores a reconfigure without its config, so the log does not show which.',
] as const;

/**
 * Why a run may end otherwise than without faults, though all of them have passed. `due` holds it
 * all the same to what it was shown.
 */
export const EXCUSES = {
  'used-elsewhere': 'its key was used elsewhere, so older entries count, too',
  unsettled: 'at its deadline all is final, and another node may report',
  'early-trace': 'the late entry of the trigger before counts as a trace of the lost POST',
  'ids-not-there': 'an id that is not there within a second is not waited for',
  'no-time-left': 'a fault, and work that takes nearly all of the time',
  'too-late-to-send': 'a POST was lost, and two minutes after the first no other may follow',
  'roll-time-short': 'the time of a roll is short',
  'unstable-sort': 'a server that sorts without a tie-breaker hides entries, and ldctl says so',
  'asleep-beside-others': 'the machine slept while another POST was still to be sent again',
  'may-not-send': 'another API key, or a clock that was set back, never sends again',
  'busy-by-its-own-key': 'what the runner before has sent keeps the nodes busy',
  'seen-by-log-alone': 'with --no-wait only the log could say that it was accepted',
} as const satisfies Record<string, string>;

export type Excuse = keyof typeof LIMITS | keyof typeof EXCUSES;
/** What the judge finds: a story is accused, or let off. */
export type Finding = Clause | Excuse;
export type Findings = Generator<Finding, void, undefined>;

export const isClause = (finding: Finding): finding is Clause => finding in CLAUSES;
