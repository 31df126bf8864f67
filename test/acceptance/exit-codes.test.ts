import assert from 'node:assert/strict';
import { unusedPort } from '../helpers/server.js';
import { resumeIn, withScene } from '../helpers/scene.js';
import { sideBySide } from '../helpers/side-by-side.js';

const RESTART = ['activities', 'trigger', 'iggy', 'restart'];

describe('a trigger against the sandbox ends with', function () {
  this.timeout(300_000);

  sideBySide({
    '0 when the nodes that were named have completed': () =>
      withScene({}, async (scene) => {
        const [first, second, third] = scene.nodes;
        const args = [...RESTART, '--node', `${third},${first}`, '--node', `${first}`];
        const { code, stdout, stderr } = await scene.ldctl(args);
        assert.equal(code, 0, stderr);
        assert.match(stdout, new RegExp(`^${first} +\\d+ +completed`, 'm'));
        assert.match(stdout, new RegExp(`^${third} +\\d+ +completed`, 'm'));
        assert.doesNotMatch(stdout + stderr, new RegExp(String(second)));
        assert.match(stderr, /^✓ restart of iggy completed on 2 of 2 nodes$/m);
        assert.deepEqual(
          scene.posts.map(({ body, outcome }) => [body, outcome]),
          [[`{"nodes":[${first},${third}]}`, 'accepted']],
        );
      }),

    '0 when every node has completed': () =>
      withScene({ nodes: [3n, 2n ** 64n - 1n, 5n, 4n] }, async (scene) => {
        const { code, stdout, stderr } = await scene.ldctl([...RESTART, '--yes']);
        assert.equal(code, 0, stderr);
        for (const node of scene.nodes) assert.match(stdout, new RegExp(`^${node} +\\d+ +completed`, 'm'));
        assert.deepEqual(
          scene.posts.map(({ body }) => body),
          ['{}'],
        );
      }),

    '0 when as many nodes as were expected have completed': () =>
      withScene({ history: 0 }, async (scene) => {
        const { code, stderr } = await scene.ldctl([...RESTART, '--yes', '--expect-nodes', '3']);
        assert.equal(code, 0, stderr);
        assert.match(stderr, /completed on 3 of 3 nodes/);
      }),

    '3 when a node rejected it, and says which': () =>
      withScene({}, async (scene) => {
        const [first, second] = scene.nodes;
        scene.sandbox.setTrouble(BigInt(String(second)), 'reject');
        const { code, stdout, stderr } = await scene.ldctl([...RESTART, '--node', `${first},${second}`]);
        assert.equal(code, 3, stderr);
        assert.match(stdout, new RegExp(`^${second} +\\d+ +rejected`, 'm'));
        assert.match(stderr, new RegExp(`^✗ restart of iggy: 1 of 2 nodes rejected it \\(${second}\\)$`, 'm'));
        assert.doesNotMatch(stderr, /activities wait/);
      }),

    '8 when a node is stuck, and the command it prints goes on to the same end': () =>
      withScene({ stuck: [7n], nodes: [7n] }, async (scene) => {
        const stuck = await scene.ldctl([...RESTART, '--node', '7', '--timeout', '2s']);
        assert.equal(stuck.code, 8, stuck.stderr);
        const { activities } = scene.sandbox.record.dispatches[0] ?? { activities: [] };
        const resume = resumeIn(stuck);
        assert.match(resume, new RegExp(`^ldctl activities wait ${activities[0]?.id}$`));
        const again = await scene.shell(`${resume} --timeout 1s`);
        assert.equal(again.code, 8, again.stderr);
        assert.equal(resumeIn(again), resume);
        assert.equal(scene.dispatched, 1);
      }),

    '8 when a node is slow, and the command it prints follows it to its end': () =>
      withScene({ workMs: 12_000 }, async (scene) => {
        const slow = await scene.ldctl([...RESTART, '--node', `${scene.nodes[0]}`, '--timeout', '2s']);
        assert.equal(slow.code, 8, slow.stderr);
        assert.match(slow.stdout, new RegExp(`^${scene.nodes[0]} +\\d+ +processing`, 'm'));
        const resumed = await scene.shell(resumeIn(slow));
        assert.equal(resumed.code, 0, resumed.stderr);
        assert.match(resumed.stdout, new RegExp(`^${scene.nodes[0]} +\\d+ +completed`, 'm'));
        assert.equal(scene.dispatched, 1);
      }),

    '7 when an entry never appears, and the command it prints looks for it again': () =>
      withScene({ nodes: [7n, 8n], missing: [8n] }, async (scene) => {
        const missing = await scene.ldctl([...RESTART, '--node', '7,8', '--appear-timeout', '1s']);
        assert.equal(missing.code, 7, missing.stderr);
        assert.match(missing.stdout, /^8 +- +missing/m);
        assert.match(missing.stdout, /^7 +\d+ +completed/m);
        const resume = resumeIn(missing);
        assert.match(resume, /^ldctl activities wait --after \d+ --runtime iggy --action restart --node "7,8"/);
        const again = await scene.shell(`${resume} --appear-timeout 1s`);
        assert.equal(again.code, 7, again.stderr);
        assert.equal(resumeIn(again), resume);
        assert.equal(scene.dispatched, 1);
      }),

    '7 when an entry is later than it may be, and the command it prints finds it': () =>
      withScene({ appearMs: 12_000 }, async (scene) => {
        const late = await scene.ldctl([...RESTART, '--node', `${scene.nodes[0]}`, '--appear-timeout', '1s']);
        assert.equal(late.code, 7, late.stderr);
        const resumed = await scene.shell(resumeIn(late));
        assert.equal(resumed.code, 0, resumed.stderr);
        assert.equal(scene.dispatched, 1);
      }),

    '7 when fewer nodes have an entry than were expected': () =>
      withScene({}, async (scene) => {
        const args = [...RESTART, '--yes', '--expect-nodes', '4', '--appear-timeout', '3s'];
        const { code, stderr } = await scene.ldctl(args);
        assert.equal(code, 7, stderr);
        assert.match(stderr, /^✗ restart of iggy: 1 of 4 nodes missing /m);
      }),

    '4 when the key is wrong, before anything is sent': () =>
      withScene({}, async (scene) => {
        const wrong = { LD_API_KEY: `${scene.env.LD_API_KEY}x` };
        const { code, stderr } = await scene.ldctl([...RESTART, '--node', `${scene.nodes[0]}`], wrong);
        assert.equal(code, 4, stderr);
        assert.match(stderr, /^error: .*401/m);
        assert.match(stderr, /^hint: .*LD_API_KEY/m);
        assert.deepEqual(scene.posts, []);
      }),

    '4 when the key may only read, and names the permission it lacks': () =>
      withScene({}, async (scene) => {
        const readonly = { LD_API_KEY: scene.env.LDCTL_SANDBOX_READONLY_KEY };
        const { code, stderr } = await scene.ldctl([...RESTART, '--node', `${scene.nodes[0]}`], readonly);
        assert.equal(code, 4, stderr);
        assert.match(stderr, /^hint: .*deployment:manage/m);
        assert.equal(scene.dispatched, 0);
      }),

    '5 when the deployment is unknown, by id or by name': () =>
      withScene({}, async (scene) => {
        for (const deployment of ['7263012455120900099', 'nowhere']) {
          const args = [...RESTART, '--node', `${scene.nodes[0]}`, '--deployment', deployment];
          const { code, stderr } = await scene.ldctl(args);
          assert.equal(code, 5, stderr);
          assert.match(stderr, new RegExp(`^error: .*${deployment}`, 'm'));
          assert.match(stderr, /^hint: .*ldctl deployments list/m);
        }
        assert.deepEqual(scene.posts, []);
      }),

    '5 when the API refuses a node that the deployment does not have': () =>
      withScene({}, async (scene) => {
        const { code, stderr } = await scene.ldctl([...RESTART, '--node', '18446744073709551615']);
        assert.equal(code, 5, stderr);
        assert.match(stderr, /^error: .*no node 18446744073709551615/m);
        assert.equal(scene.dispatched, 0);
      }),

    '6 when nothing listens there': () =>
      withScene({}, async (scene) => {
        const url = `http://127.0.0.1:${await unusedPort()}`;
        const { code, stderr } = await scene.ldctl([...RESTART, '--node', '7'], { LD_SUPERVISOR_URL: url });
        assert.equal(code, 6, stderr);
        assert.match(stderr, /^error: .*connection refused/m);
      }),

    '2 for every node without --yes where nobody can be asked, and the server saw nothing of it': () =>
      withScene({}, async (scene) => {
        const { code, stderr } = await scene.ldctl(RESTART);
        assert.equal(code, 2, stderr);
        assert.match(stderr, /^error: .*every node/m);
        assert.match(stderr, /^hint: .*--yes/m);
        const record = await fetch(`${scene.url}/sandbox/record`);
        assert.equal(await record.text(), '{"posts":[],"dispatches":[],"reads":0}');
      }),

    '0 at the acceptance with --no-wait, and the command it prints follows to the end': () =>
      withScene({}, async (scene) => {
        const accepted = await scene.ldctl([...RESTART, '--node', `${scene.nodes[1]}`, '--no-wait']);
        assert.equal(accepted.code, 0, accepted.stderr);
        assert.match(accepted.stderr, /^✓ restart of iggy accepted$/m);
        const resumed = await scene.shell(resumeIn(accepted));
        assert.equal(resumed.code, 0, resumed.stderr);
        assert.equal(scene.dispatched, 1);
      }),

    '0 with --dry-run, which needs no consent and posts nothing': () =>
      withScene({}, async (scene) => {
        const { code, stdout, stderr } = await scene.ldctl([...RESTART, '--dry-run']);
        assert.equal(code, 0, stderr);
        const lines = [`Would restart iggy on 3 nodes of deployment ${scene.sandbox.deploymentId}`, ...scene.nodes];
        assert.deepEqual(
          stdout.split('\n').map((line) => line.trim()),
          [...lines, ''],
        );
        assert.deepEqual(scene.posts, []);
      }),

    '8 when a log is watched for too long, and the command in its hint goes on': () =>
      withScene({ nodes: [7n, 8n], stuck: [8n], history: 0 }, async (scene) => {
        scene.sandbox.dispatchAsOther({ runtime: 'iggy', action: { verb: 'restart' } });
        const watched = await scene.ldctl(['activities', 'list', '--watch', '--timeout', '2s']);
        assert.equal(watched.code, 8, watched.stderr);
        assert.match(watched.stdout, /^\d+ +8 +iggy +restart +processing/m);
        const resume = /^hint: .*(ldctl activities wait .*)$/m.exec(watched.stderr)?.[1] ?? 'false';
        const resumed = await scene.shell(`${resume} --timeout 1s`);
        assert.equal(resumed.code, 8, resumed.stderr);
      }),

    'what a command inside `ldctl sandbox exec` ended with': () =>
      withScene({}, async (scene) => {
        const inside = 'ldctl activities trigger iggy restart --node "${LDCTL_SANDBOX_NODES%% *}"';
        const args = ['sandbox', 'exec', '--reject', '1', '--work', '100ms', '--', 'sh', '-c', inside];
        const { code, stderr } = await scene.ldctl(args);
        assert.equal(code, 3, stderr);
        assert.match(stderr, /^✗ restart of iggy: 1 of 1 node rejected it \(610809900976570889\)$/m);
        assert.deepEqual(scene.posts, []);
      }),
  });
});
