import assert from 'node:assert/strict';
import { cpSync, existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import nock from 'nock';
import ActivitiesRoll from '../../src/commands/activities/roll.js';
import { type Activity } from '../../src/base/activity.js';
import { ACTIVITIES, CommandBench, entry, SUPERVISOR } from '../helpers/command.js';
import { itOnPosix } from '../helpers/platform.js';
import { parseJson } from '../helpers/readers.js';
import { wordsOf, type Words } from '../helpers/words.js';

const ROLL = 'iggy restart --node 8,7 --node-timeout 0 -o json';
/**
 * One that its gate halts after the first node. Virtual time passes while a gate runs: any limit
 * would end it.
 */
const halted = (gate: string, node = '8,7'): Words => [
  ...wordsOf(ROLL.replace('8,7', node)),
  ...['--gate', gate, '--gate-timeout', '0', '--idempotency-key', 'deploy-7'],
];
const HALTED = halted('exit 1');
const RESUME = '--resume deploy-7 -o json';
/** Another deployment. */
const OTHER = `--deployment 1 --supervisor-url ${SUPERVISOR}`;

/** With a filter Node 22 and 24 copy the modes of folders, too. */
const WITH_MODES = { recursive: true, filter: () => true };

interface Result {
  outcome: string;
  resume: string | null;
  nodes: Array<{
    node_id: bigint;
    status: string;
    gate: { exit_code: bigint | null } | null;
    passed_earlier?: true;
  }>;
  error?: { code: string };
}

/**
 * Where `bench.close` finds answers that nothing asked for, something was not sent that should have
 * been.
 */
describe('activities roll', () => {
  let bench: CommandBench;
  let log: Activity[];
  /** What was acted on, and what ended, in their order. */
  let story: string[];
  beforeEach(() => {
    bench = new CommandBench();
    bench.env.PATH = process.env.PATH;
    log = [];
    story = [];
    left.clear();
  });
  afterEach(() => bench.close());

  for (const [flags, text] of [
    ['', 'restart iggy, one node at a time, on every node'],
    [' --max-unavailable 2', 'restart iggy, 2 at a time, on every node'],
    [' --max-unavailable 25%', 'restart iggy, 25% at a time, on every node'],
  ] as const) {
    it(`without consent says what it would do: ${text}`, async () => {
      const { code, stderr } = await bench.run(ActivitiesRoll, `iggy restart${flags}`);
      assert.equal(code, 2);
      assert.match(stderr, new RegExp(`this would ${text}`));
    });
  }

  /** The entry is there at once, and ends at the third read after it, or never. */
  function expectPost(node: bigint, { reads = 1, status = 'completed' } = {}): void {
    bench.supervisor.post(`${ACTIVITIES}/iggy/restart`, `{"nodes":[${node}]}`).reply(202, () => {
      story.push(`start ${node}`);
      left.set(node, { reads, status });
      log = [
        entry({
          id: 101n + BigInt(log.length),
          node_id: node,
          status: 'processing',
          finished_at: null,
        }),
        ...log,
      ];
      return '';
    });
  }
  const left = new Map<bigint, { reads: number; status: string }>();
  function readLog(): Activity[] {
    log = log.map((one) => {
      const until = left.get(one.node_id);
      if (one.status !== 'processing' || !until || (until.reads -= 1) > 0) return one;
      story.push(`end ${one.node_id}`);
      return entry({ id: one.id, node_id: one.node_id, status: until.status });
    });
    return log;
  }

  async function run(
    ...words: Words[]
  ): Promise<{ code: number | undefined; stderr: string; result: Result }> {
    const { code, stdout, stderr } = await bench.run(ActivitiesRoll, ...words);
    return { code, stderr, result: (stdout === '' ? {} : parseJson(stdout)) as Result };
  }
  const statuses = ({ nodes }: Result) =>
    nodes.map(({ node_id: node, status }) => `${node} ${status}`);

  async function halt(...words: Words[]): Promise<Result> {
    bench.showLog(readLog);
    expectPost(8n);
    const { code, stderr, result } = await run(HALTED, ...words);
    assert.equal(code, 9, stderr);
    assert.equal(result.nodes[0]?.gate?.exit_code, 1n);
    return result;
  }

  it('sees each node out before the next, in the order given', async () => {
    bench.showLog(readLog);
    for (const node of [8n, 7n]) expectPost(node, { reads: 3 });
    const { code, stderr, result } = await run(ROLL);
    assert.equal(code, 0, stderr);
    assert.deepEqual(story, ['start 8', 'end 8', 'start 7', 'end 7']);
    assert.deepEqual([statuses(result), result.resume], [['8 completed', '7 completed'], null]);
  });

  it('stops at a node that does not complete, and with --continue-on-error continues', async () => {
    bench.showLog(readLog);
    expectPost(8n, { status: 'rejected' });
    const halted = await run(ROLL);
    assert.equal(halted.code, 3, halted.stderr);
    assert.deepEqual(statuses(halted.result), ['8 rejected', '7 not_started']);
    for (const node of [8n, 7n]) {
      expectPost(node, { status: node === 8n ? 'rejected' : 'completed' });
    }
    log = [];
    const whole = await run(ROLL, '--continue-on-error --idempotency-key other');
    assert.equal(whole.code, 3, whole.stderr);
    assert.deepEqual(statuses(whole.result), ['8 rejected', '7 completed']);
  });

  for (const nodes of ['--yes', '--node 8,7']) {
    it(`follows one with its key that another process starts while it reads the log for ${nodes}`, async () => {
      await halt();
      // Until then the journal is empty.
      const [folder, aside] = [bench.env.LDCTL_CONFIG_DIR ?? '', join(bench.folder, 'aside')];
      renameSync(folder, aside);
      const busy = entry({ id: 90n, node_id: 8n, status: 'processing', finished_at: null });
      nock.cleanAll();
      bench.showLog(() => {
        if (!existsSync(aside)) return readLog();
        cpSync(aside, folder, WITH_MODES);
        rmSync(aside, { recursive: true });
        return [busy];
      });
      expectPost(7n);
      const { code, stderr, result } = await run(
        `iggy restart ${nodes} --node-timeout 0 --if-busy fail --idempotency-key deploy-7 -o json`,
      );
      assert.equal(code, 0, stderr);
      assert.deepEqual(statuses(result), ['8 completed', '7 completed']);
      assert.deepEqual(story, ['start 8', 'end 8', 'start 7', 'end 7']);
    });
  }

  it('of every node looks around once before its first baseline, with --if-busy fail, too', async () => {
    log = [entry({ id: 90n, node_id: 8n })];
    let readsBefore = 0;
    bench.showLog(() => {
      if (story.length === 0) readsBefore += 1;
      return readLog();
    });
    expectPost(8n);
    const { code, stderr } = await run('iggy restart --yes --if-busy fail -o json');
    assert.deepEqual([code, readsBefore], [0, 2], stderr);
  });

  describe('--gate-first', () => {
    /** Says for which node, and after which activity, the gate ran. */
    const { execPath } = process;
    const noting = `"${execPath}" -p "['gate ' + process.env.LDCTL_NODE_ID, process.env.LDCTL_ACTIVITY_ID].join(':')"`;

    it('runs the gate for the first node before anything is sent', async () => {
      bench.showLog(readLog);
      for (const node of [8n, 7n]) expectPost(node);
      const { code, stderr } = await run(halted(noting), '--gate-first');
      assert.equal(code, 0, stderr);
      assert.deepEqual(stderr.match(/gate \d+:\d*$|\d dispatched/gm), [
        ...['gate 8:', '8 dispatched', 'gate 8:101', '7 dispatched', 'gate 7:102'],
      ]);
    });

    itOnPosix('is 5 if that fails, and nothing was sent', 'it has no sh', async () => {
      const { code, stderr, result } = await run(halted('no-such-program'), '--gate-first');
      assert.deepEqual([code, result.error?.code], [5, 'gate_first_failed']);
      assert.match(stderr, /8 gate \| .*no-such-program: not found$/m);
      assert.match(stderr, /^error: the first gate failed with 127; nothing was sent$/m);
      assert.match(stderr, /^hint: Its output says why\. /m);
    });

    it('of a roll that has sent something reports that, and sends no more: 7', async () => {
      await halt();
      const again = await run(RESUME, '--gate-first');
      assert.deepEqual([again.code, again.result.error?.code], [7, 'gate_first_failed']);
      assert.deepEqual(statuses(again.result), ['8 completed', '7 not_started']);
    });

    it('needs a gate', async () => {
      const { code, stderr } = await run(ROLL, '--gate-first');
      assert.equal(code, 2);
      assert.match(stderr, /^error: --gate-first needs --gate/);
    });

    it('only shows it in a dry run', async () => {
      bench.showLog([]);
      const dry = 'iggy restart --node 8,7 --dry-run --gate-first --gate';
      const { code, stdout } = await bench.run(ActivitiesRoll, dry, ['exit 1']);
      assert.equal(code, 0);
      assert.match(stdout, /^Would .*, gate: exit 1$/m);
    });
  });

  it('refuses a key that was used for another roll, and sends nothing', async () => {
    await halt();
    const { code, stderr, result } = await run(halted('exit 1', '8'));
    assert.deepEqual([code, result.error?.code], [2, 'key_used']);
    assert.match(stderr, /^hint: .*ldctl activities roll --resume deploy-7$/m);
  });

  describe('--resume', () => {
    for (const key of ['deploy-7', 'last']) {
      it(`${key} takes nodes, order and gate from the record, and sends only what is left`, async () => {
        const halted = await halt();
        assert.equal(halted.resume, 'ldctl activities roll --resume deploy-7');
        const again = await run('--resume', key, '-o json');
        assert.equal(again.code, 9, 'the gate of node 8 is asked again, and halts it again');
        const other =
          'hint: To use another gate: ldctl activities roll --resume deploy-7 --gate CMD';
        assert.ok(again.stderr.includes(`\n${other}\n`), again.stderr);
        assert.deepEqual(statuses(again.result), ['8 completed', '7 not_started']);
        assert.match(again.stderr, /8 sent by an earlier run/);
      });
    }

    it('with --if-busy fail reports what is done, where a node that is left is busy', async () => {
      await halt();
      const busy = entry({ id: 90n, node_id: 7n, status: 'processing', finished_at: null });
      log = [busy, ...log];
      const again = await run('--resume deploy-7 --if-busy fail -o json', ['--gate', 'exit 0']);
      assert.deepEqual([again.code, again.result.error?.code], [7, 'busy'], again.stderr);
      assert.deepEqual(statuses(again.result), ['8 completed', '7 not_started']);
    });

    it('with --if-busy fail goes on where another process of the roll keeps that node busy', async () => {
      await halt();
      // The journal as it was before the other process started.
      const [folder, aside] = [bench.env.LDCTL_CONFIG_DIR ?? '', join(bench.folder, 'aside')];
      cpSync(folder, aside, WITH_MODES);
      expectPost(7n);
      const other = await run('--resume deploy-7 -o json', ['--gate', 'exit 0']);
      assert.equal(other.code, 0, other.stderr);
      const after = `${aside}-after`;
      renameSync(folder, after);
      renameSync(aside, folder);
      nock.cleanAll();
      bench.showLog(() => {
        if (!existsSync(after)) return readLog();
        cpSync(after, folder, WITH_MODES);
        rmSync(after, { recursive: true });
        const busy = entry({ id: 102n, node_id: 7n, status: 'processing', finished_at: null });
        return [busy, ...log.slice(1)];
      });
      const again = await run('--resume deploy-7 --if-busy fail -o json');
      assert.equal(again.code, 0, again.stderr);
      assert.deepEqual(statuses(again.result), ['8 completed', '7 completed']);
    });

    it('of a roll with a random key continues by the one that the result names', async () => {
      bench.showLog(readLog);
      expectPost(8n, { status: 'rejected' });
      const { result } = await run(ROLL);
      assert.equal(result.resume, 'ldctl activities roll --resume a-random-key');
      expectPost(7n);
      const again = await run('--resume a-random-key -o json');
      assert.equal(again.code, 3, 'what was rejected counts, and halts nothing any more');
      assert.deepEqual(statuses(again.result), ['8 rejected', '7 completed']);
    });

    it('continues on an error as the roll did, where it is not said again', async () => {
      bench.showLog(readLog);
      expectPost(8n);
      await run(halted('exit 1', '8,7,6'), '--continue-on-error');
      expectPost(7n, { status: 'rejected' });
      expectPost(6n);
      const again = await run(RESUME, ['--gate', 'exit 0']);
      assert.equal(again.code, 3, again.stderr);
      assert.deepEqual(statuses(again.result), ['8 completed', '7 rejected', '6 completed']);
    });

    it('is 5 for what is not known of this deployment, and sends nothing', async () => {
      await halt();
      for (const [args, which] of [
        ['--resume deploy-8', 'roll with the key "deploy-8"'],
        [`${RESUME} ${OTHER}`, 'roll with the key "deploy-7"'],
        [`--resume last ${OTHER}`, 'unfinished roll'],
      ] as const) {
        const { code, stderr } = await run(args);
        assert.equal(code, 5, stderr);
        assert.ok(stderr.includes(`there is no ${which} of`), stderr);
      }
    });

    it('is 2 with the time of a gate, where there is no gate', async () => {
      bench.showLog(readLog);
      expectPost(8n, { status: 'rejected' });
      await run(ROLL);
      for (const args of ['--resume a-random-key', ROLL]) {
        const { code, stderr } = await run(args, '--gate-timeout 5s');
        assert.equal(code, 2, stderr);
        assert.match(stderr, /--gate-timeout needs --gate/);
      }
    });

    it('of an unknown key lists the unfinished rolls', async () => {
      await halt();
      const { stderr } = await run('--resume deploy-8');
      assert.match(
        stderr,
        /^hint: Unfinished rolls: deploy-7 \(restart iggy, 2 nodes, \S+ ago\)\.$/m,
      );
    });

    for (const [how, words] of [
      ['by its key', [...wordsOf(RESUME), '--gate', 'exit 0']],
      ['by the same command', halted('exit 0')],
    ] as const) {
      it(`takes another gate ${how}, asks it for the node whose gate failed, and keeps it`, async () => {
        await halt();
        expectPost(7n);
        const again = await run(words);
        assert.equal(again.code, 0, again.stderr);
        assert.deepEqual(
          again.result.nodes.map(({ gate }) => gate?.exit_code),
          [0n, 0n],
        );
        const third = await run(RESUME);
        assert.equal(third.code, 0, third.stderr);
        assert.deepEqual(
          third.result.nodes.map(({ gate, passed_earlier }) => [gate, passed_earlier]),
          [
            [null, true],
            [null, true],
          ],
        );
      });
    }

    const recorded =
      '--node=7 --nodes-from=- --config=7 --expect-nodes=2 --idempotency-key=x --dry-run --yes';
    for (const flag of wordsOf(recorded)) {
      it(`is 2 with ${flag}: the record says it`, async () => {
        const { code, stderr } = await run(RESUME, flag);
        assert.equal(code, 2, stderr);
        assert.match(
          stderr,
          new RegExp(`^error: ${flag.split('=')[0]} cannot be used with --resume`),
        );
      });
    }

    it('is 2 with RUNTIME and ACTION, and with a key that is empty or only signs', async () => {
      assert.match(
        (await run('iggy restart', RESUME)).stderr,
        /^error: --resume takes no RUNTIME or ACTION/,
      );
      const { code, stderr } = await run(['--resume', '']);
      assert.equal(code, 2);
      assert.match(stderr, /--resume: it is empty/);
      const unset = await run('--resume -');
      assert.equal(unset.code, 2);
      assert.match(unset.stderr, /--resume: "-" has no letter and no digit/);
    });

    it('asks for no consent again, but on a protected profile for the name of the deployment', async () => {
      await bench.addProfile({ deployment_name: 'orders', protected: true });
      await halt('--profile prod --confirm orders');
      const unconfirmed = await run(RESUME, '--profile prod');
      assert.equal(unconfirmed.code, 2, unconfirmed.stderr);
      assert.match(unconfirmed.stderr, /on 2 nodes [^]*protects/);
      bench.core.get(/\/structure$/).reply(403);
      const other = await run(RESUME, '--profile prod --confirm payments');
      assert.equal(other.code, 2, other.stderr);
      assert.match(other.stderr, /"payments" does not name the deployment; nothing was sent$/m);
      assert.equal((await run(RESUME, '--profile prod --confirm orders')).code, 9);
    });
  });
});
