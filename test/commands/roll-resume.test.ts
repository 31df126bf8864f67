import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import ActivitiesTrigger from '../../src/commands/activities/trigger.js';
import { type Activity } from '../../src/base/activity.js';
import { ApiKey } from '../../src/base/secret.js';
import { ProfileStore } from '../../src/config/store.js';
import { itOnPosix } from '../helpers/platform.js';
import { FakeWindows } from '../helpers/windows.js';
import { ACTIVITIES, CommandBench, DEPLOYMENT, entry, KEY, SUPERVISOR } from '../helpers/command.js';
import { parseJson } from '../helpers/readers.js';

const ROLL = ['iggy', 'restart', '--rolling'];
const RESUME = [...ROLL, '--resume', 'deploy-7', '-o', 'json'];

interface Result {
  outcome: string;
  resume: string | null;
  nodes: Array<{ node_id: bigint; status: string }>;
  error?: { code: string };
}

/** Where `bench.close` finds answers that nobody asked for, something was not sent that should have been. */
describe('activities trigger --rolling --resume', () => {
  let bench: CommandBench;
  let log: Activity[];
  beforeEach(() => {
    bench = new CommandBench();
    log = [];
  });
  afterEach(() => bench.close());

  function expectPost(node: bigint): void {
    bench.supervisor.post(`${ACTIVITIES}/iggy/restart`, `{"nodes":[${node}]}`).reply(
      202,
      () => {
        log = [entry({ id: 100n + node, node_id: node }), ...log];
        return '';
      },
      // What a later run holds the entry against.
      { date: () => bench.serverDate() },
    );
  }

  async function run(...args: string[]): Promise<{ code: number | null; stderr: string; result: Result }> {
    const { code, stdout, stderr } = await bench.run(ActivitiesTrigger, ...args);
    return { code, stderr, result: (stdout === '' ? {} : parseJson(stdout)) as Result };
  }

  /** Begins a roll over nodes 8 and 7 that its gate halts after the first. */
  async function begin(...args: string[]): Promise<Result> {
    bench.showLog(() => log);
    expectPost(8n);
    const given = [
      ...ROLL,
      '--node',
      '8,7',
      '--gate-cmd',
      'exit 1',
      '--node-timeout',
      '0',
      '--idempotency-key',
      'deploy-7',
      '-o',
      'json',
      ...args,
    ];
    const { code, stderr, result } = await run(...given);
    assert.equal(code, 9, stderr);
    return result;
  }

  it('takes nodes, order and gate from the record, and sends only what is left', async () => {
    bench.showLog(() => log);
    expectPost(8n);
    const halted = await run(...ROLL, '--node', '8,7', '--gate-cmd', 'exit 1', '--node-timeout', '0', '-o', 'json');
    assert.equal(halted.code, 9, halted.stderr);
    const command = `ldctl activities trigger iggy restart --rolling --resume a-random-key --deployment ${DEPLOYMENT} --supervisor-url ${SUPERVISOR}`;
    assert.equal(halted.result.resume, command);
    const again = await run(...ROLL, '--resume', 'a-random-key', '-o', 'json');
    assert.equal(again.code, 9, 'the gate of node 8 is asked again, and halts it again');
    assert.deepEqual(
      again.result.nodes.map(({ node_id: node, status }) => [node, status]),
      [
        [8n, 'completed'],
        [7n, 'not_started'],
      ],
    );
    assert.match(again.stderr, /8 dispatched by an earlier run/);
    assert.doesNotMatch(again.stderr, /answer was lost/);
  });

  itOnPosix(
    'has the gate run by the same shell again, though Windows has got another',
    'scripts stand for its shells',
    async () => {
      const windows = new FakeWindows();
      try {
        windows.addSystem('cmd.exe', 'exit 1');
        bench.platform = 'win32';
        Object.assign(bench.env, windows.system.env);
        await begin();
        windows.addTool('sh.exe', 'exit 0');
        const again = await run(...RESUME);
        assert.equal(again.code, 9, again.stderr);
      } finally {
        rmSync(windows.folder, { recursive: true, force: true });
      }
    },
  );

  it('takes a new limit of time for what is left', async () => {
    await begin();
    // Virtual time goes on while an answer is on its way, so that any limit ends it before it has seen the node.
    assert.equal((await run(...RESUME)).result.outcome, 'halted');
    assert.equal((await run(...RESUME, '--timeout', '1m')).result.outcome, 'unconfirmed');
  });

  const strangers: Array<[string, string[]]> = [
    ['no such key', ['iggy', 'restart', '--rolling', '--resume', 'deploy-8']],
    ['another action', ['iggy', 'stop', '--rolling', '--resume', 'deploy-7']],
    ['another runtime', ['connectors', 'restart', '--rolling', '--resume', 'deploy-7']],
    ['another deployment', [...RESUME, '--deployment', '1']],
  ];
  for (const [what, args] of strangers) {
    it(`is 5 for ${what}, and sends nothing`, async () => {
      await begin();
      const { code, stderr } = await run(...args);
      assert.equal(code, 5, stderr);
      assert.match(stderr, /is not known here; nothing was sent\n[^]*^code unknown_roll$/m);
    });
  }

  const flags = [
    '--node=7',
    '--nodes-from=-',
    '--gate-cmd=true',
    '--gate-timeout=1s',
    '--max-unavailable=2',
    '--pause=1s',
  ];
  const more = [
    '--node-timeout=1s',
    '--continue-on-error',
    '--idempotency-key=x',
    '--no-wait',
    '--if-busy=wait',
    '--dry-run',
  ];
  for (const flag of [
    ...flags,
    ...more,
    '--expect-nodes=2',
    '--interval=1s',
    '--appear-timeout=1s',
    '--claim-window=1s',
  ]) {
    it(`is 2 with ${flag}: the record says it`, async () => {
      const { code, stderr } = await run(...RESUME, flag);
      assert.equal(code, 2, stderr);
      const [name = ''] = flag.split('=');
      assert.ok(stderr.includes(`${name} does not go with --resume`), stderr);
    });
  }

  it('is 2 without --rolling, and with a key that is empty', async () => {
    assert.equal((await run('iggy', 'restart', '--resume', 'deploy-7')).code, 2);
    const { code, stderr } = await run(...ROLL, '--resume', '');
    assert.equal(code, 2);
    assert.match(stderr, /--resume: it is empty/);
  });

  it('asks for no consent again, but on a protected profile for the name of the deployment', async () => {
    const store = new ProfileStore(bench.env.LDCTL_CONFIG_DIR ?? '', bench.clock);
    await store.add({
      name: 'prod',
      tenant_id: 7261845022003200007n,
      deployment_id: DEPLOYMENT,
      deployment_name: 'orders',
      supervisor_url: SUPERVISOR,
      key: { store: 'file', api_key: new ApiKey(KEY) },
      protected: true,
    });
    bench.showLog(() => log);
    expectPost(8n);
    const named = [
      '--node',
      '8,7',
      '--gate-cmd',
      'exit 1',
      '--node-timeout',
      '0',
      '--idempotency-key',
      'deploy-7',
      '-o',
      'json',
    ];
    assert.equal((await run(...ROLL, ...named, '--profile', 'prod', '--confirm', 'orders')).code, 9);
    const unconfirmed = await run(...RESUME, '--profile', 'prod', '--yes');
    assert.equal(unconfirmed.code, 2, unconfirmed.stderr);
    assert.match(unconfirmed.stderr, /2 nodes \(8, 7\).*protects/);
    assert.equal((await run(...RESUME, '--profile', 'prod', '--confirm', 'orders')).code, 9);
  });
});
