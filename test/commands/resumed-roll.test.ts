import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import nock from 'nock';
import ActivitiesRoll from '../../src/commands/activities/roll.js';
import { type Activity } from '../../src/base/activity.js';
import {
  ACTIVITIES,
  CommandBench,
  DEPLOYMENT,
  entry,
  KEY,
  SUPERVISOR,
} from '../helpers/command.js';
import { parseJson } from '../helpers/readers.js';
import { wordsOf, type Words } from '../helpers/words.js';

const NODES = [18446744073709551601n, 18446744073709551602n, 18446744073709551603n];
const [FIRST = 0n, SECOND_NODE = 0n, THIRD = 0n] = NODES;
const ROLL = `iggy restart --node ${NODES.join()} --idempotency-key deploy-7 -o json`;
const RESUME = '--resume deploy-7 -o json';
/** Virtual time passes while a gate runs: any limit would end it. */
const GATE = ['--gate', 'exit 0', ...wordsOf('--gate-timeout 0 --node-timeout 0')];
const MINUTE = 60_000;
/** How long a restart takes, ms. */
const WORK = 4000;

interface Result {
  outcome: string;
  resume: string | null;
  sent: boolean;
  nodes: Array<{
    status: string | null;
    gate: { exit_code: bigint | null } | null;
    passed_earlier?: true;
  }>;
}
interface End {
  code: number | undefined;
  stderr: string;
  result: Result;
}

describe('a roll that is run again', () => {
  let bench: CommandBench;
  /** What was acted on, and when it ends, ms of the clock. */
  let acted: Array<{ id: bigint; node: bigint; at: number; endsAt: number }>;
  /** For which nodes a POST is answered with 503, and does nothing. */
  let lost: Set<bigint>;
  /** For which nodes it acts, and is answered with 503 all the same. */
  let unanswered: Set<bigint>;
  /** When the log was read. */
  let reads: number[];
  /** Which nodes the log shows, of those that were acted on. */
  let shown: (node: bigint) => boolean;

  beforeEach(() => {
    bench = new CommandBench();
    bench.env.PATH = process.env.PATH;
    [acted, lost, reads, shown] = [[], new Set(NODES), [], () => true];
    unanswered = new Set();
    bench.showLog(() => {
      reads.push(bench.clock.elapsed());
      return acted
        .filter(({ node }) => shown(node))
        .map(activityOf)
        .reverse();
    });
    for (const node of NODES) {
      nock(SUPERVISOR, { reqheaders: { 'ld-api-key': KEY } })
        .persist()
        .post(`${ACTIVITIES}/iggy/restart`, new RegExp(String(node)))
        .reply(() => {
          if (lost.has(node)) return [503];
          act(node);
          return [unanswered.has(node) ? 503 : 202];
        });
    }
  });
  afterEach(() => {
    nock.cleanAll();
    bench.close();
  });

  /** @returns when it ends */
  function act(node: bigint, takes = WORK): number {
    const at = bench.clock.elapsed();
    acted.push({ id: 9223372036854775900n + BigInt(acted.length), node, at, endsAt: at + takes });
    return at + takes;
  }
  function activityOf({ id, node, endsAt }: (typeof acted)[number]): Activity {
    const isDone = bench.clock.elapsed() >= endsAt;
    const open = { status: 'processing', finished_at: null };
    return entry({ id, node_id: node, ...(isDone ? {} : open) });
  }

  async function run(...words: Words[]): Promise<End> {
    const { code, stdout, stderr } = await bench.run(ActivitiesRoll, ...words);
    return { code, stderr, result: parseJson(stdout) as Result };
  }
  const statuses = ({ result }: End) => result.nodes.map(({ status }) => status);

  /** Every POST of a roll was lost, and it gave up on all nodes. */
  async function loseAll(): Promise<void> {
    const { code, stderr } = await run(
      ROLL,
      '--max-unavailable 3 --continue-on-error --timeout 2s',
    );
    assert.equal(code, 7, stderr);
    reads = [];
  }

  it('sends to one node at a time what an earlier process may have sent, each after a read', async () => {
    await loseAll();
    lost.clear();
    const ended = await run(RESUME, '--max-unavailable 1');
    assert.deepEqual([ended.code, acted.map(({ node }) => node)], [0, NODES], ended.stderr);
    for (const [n, { at }] of acted.entries()) {
      const before = acted[n - 1];
      assert.ok(at >= (before?.endsAt ?? 0), `node ${n + 1} was sent while another one ran`);
      const readAt = reads.findLast((time) => time <= at) ?? 0;
      assert.ok(at - readAt <= 1000, `node ${n + 1} was sent ${at - readAt} ms after a read`);
    }
  });

  it('follows those that the log shows beside the others, and waits for them', async () => {
    await loseAll();
    lost.clear();
    // Its answer was lost as well, but it runs.
    const endsAt = act(SECOND_NODE, 20_000);
    const ended = await run(RESUME, '--max-unavailable 1');
    assert.equal(ended.code, 0, ended.stderr);
    assert.deepEqual(
      acted.map(({ node }) => node),
      [SECOND_NODE, FIRST, THIRD],
    );
    assert.ok((acted[1]?.at ?? 0) >= endsAt, 'sent while the second node was still running');
  });

  it('goes on to what nothing was sent to only after those, by its own order', async () => {
    lost = new Set([SECOND_NODE, THIRD]);
    await run(ROLL.replace(NODES.join(), [SECOND_NODE, FIRST, THIRD].join()), '--timeout 1s');
    lost.clear();
    const ended = await run(RESUME);
    assert.equal(ended.code, 0, ended.stderr);
    assert.deepEqual(
      acted.map(({ node }) => node),
      [SECOND_NODE, FIRST, THIRD],
    );
  });

  it('runs a gate that is new for a node that completed without one', async () => {
    lost = new Set([SECOND_NODE]);
    await run(ROLL, '--timeout 8s');
    lost.clear();
    const { code, stderr, result } = await run(RESUME, GATE);
    assert.equal(code, 0, stderr);
    const [first] = result.nodes;
    assert.deepEqual([first?.gate?.exit_code, first?.passed_earlier], [0n, undefined]);
    const third = await run(RESUME);
    assert.deepEqual([third.code, third.result.nodes[0]?.passed_earlier], [0, true]);
  });

  it('says of no earlier run that it has sent what it has sent itself, also if no answer came', async () => {
    await loseAll();
    lost.clear();
    unanswered = new Set([FIRST]);
    const ended = await run(RESUME);
    assert.deepEqual([ended.code, acted.length], [0, 3], ended.stderr);
    assert.match(ended.stderr, new RegExp(`${FIRST} dispatched: the answer was lost`));
    assert.doesNotMatch(ended.stderr, /sent by an earlier run/);
  });

  it('goes on beside a broken record of another roll', async () => {
    await loseAll();
    lost.clear();
    const rolls = join(bench.env.LDCTL_CONFIG_DIR ?? '', 'rolls', String(DEPLOYMENT));
    writeFileSync(join(rolls, `${'0'.repeat(64)}.1`), '{', { mode: 0o600 });
    const last = await run('--resume last -o json');
    assert.equal(last.code, 7, 'which one is the last is not known');
    const ended = await run(RESUME);
    assert.equal(ended.code, 0, ended.stderr);
  });

  it('says that nothing was sent now, where an earlier one has done it all, with -q, too', async () => {
    lost.clear();
    const first = await run(ROLL);
    assert.deepEqual([first.code, first.result.sent], [0, true], first.stderr);
    await bench.clock.advance(7000);
    const { code, stderr, result } = await run(ROLL, '-q');
    assert.deepEqual([code, result.sent, acted.length], [0, false, 3]);
    assert.match(
      stderr,
      /^✓ restart of iggy completed on 3 of 3 nodes, sent by an earlier run \d+s ago; nothing was sent now\n$/,
    );
  });

  it('was accepted, and says so, if it is interrupted right after its first 202', async () => {
    lost.clear();
    shown = () => {
      bench.interrupt('SIGINT');
      return false;
    };
    const { code, stderr, result } = await run(ROLL);
    assert.deepEqual([code, result.nodes[0]?.status, acted.length], [130, null, 1]);
    assert.match(stderr, /^Stopped watching; the restart continues\. 2 nodes were not started\.$/m);
  });

  it('is halted once by a node that is too old to be sent again, and names it for a new roll', async () => {
    lost = new Set([FIRST]);
    await run(ROLL, '--timeout 1s');
    await bench.clock.advance(10 * MINUTE);
    lost.clear();
    const halted = await run(RESUME);
    assert.deepEqual([halted.code, acted], [7, []], halted.stderr);
    assert.deepEqual(statuses(halted), ['unconfirmed', 'not_started', 'not_started']);
    assert.equal(halted.result.resume, 'ldctl activities roll --resume deploy-7');
    const fresh = `ldctl activities roll iggy restart --node ${FIRST}`;
    assert.ok(halted.stderr.includes(`\nor: ${fresh}\n`), halted.stderr);

    const rest = await run(RESUME);
    assert.deepEqual(statuses(rest), ['unconfirmed', 'completed', 'completed']);
    assert.deepEqual([rest.code, rest.result.resume], [7, null], 'nothing is left to resume');
    assert.ok(rest.stderr.includes(`\nor: ${fresh}\n`), rest.stderr);
    assert.deepEqual(
      acted.map(({ node }) => node),
      [SECOND_NODE, THIRD],
    );
  });

  it('finds an entry that shows up late, and then sends nothing to its node', async () => {
    await loseAll();
    lost.clear();
    // It runs, but for the first 8 s of the next process no read shows it.
    const from = bench.clock.elapsed();
    const endsAt = act(THIRD, 30_000);
    shown = (node) => node !== THIRD || bench.clock.elapsed() > from + 8000;
    const ended = await run(RESUME, '--max-unavailable 1');
    assert.equal(ended.code, 0, ended.stderr);
    assert.deepEqual(
      acted.map(({ node }) => node),
      [THIRD, FIRST, SECOND_NODE],
    );
    assert.ok((acted[2]?.at ?? 0) >= endsAt, 'the late one takes up room, too');
  });
});
