import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { reply, startServer } from '../helpers/server.js';
import { withScene, type Scene } from '../helpers/scene.js';
import { sideBySide } from '../helpers/side-by-side.js';

const RESTART = ['activities', 'trigger', 'iggy', 'restart'];
const FORMATS = ['table', 'json', 'ndjson'];

/** The secret part alone would be as bad as the whole. */
function assertAbsent(text: string, key: string, where: string): void {
  assert.ok(text.length > 0, `${where} is empty`);
  assert.ok(!text.includes(key.replace('ld_pk_', '')), `${where} holds the API key:\n${text}`);
}

const keyOf = ({ env }: Scene): string => env.LD_API_KEY ?? '';

/** Every file below a folder. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());
}

describe('the API key', function () {
  this.timeout(300_000);

  sideBySide({
    'is in no output of a trigger, with every debugger of every library on and a POST whose answer is lost': () =>
      withScene({ dropPosts: 1 }, async (scene) => {
        const args = [...RESTART, '--node', `${scene.nodes[0]}`, '--debug', '-o', 'json'];
        const { code, stdout, stderr } = await scene.ldctl(args, { DEBUG: '*' });
        assert.equal(code, 0, stderr);
        assert.match(stderr, /^debug: POST /m);
        assertAbsent(stdout, keyOf(scene), 'stdout');
        assertAbsent(stderr, keyOf(scene), 'stderr');
      }),

    'is in no error, in any format': () =>
      withScene({}, async (scene) => {
        const bad = `ld_pk_${'Q'.repeat(32)}`;
        for (const format of FORMATS) {
          const args = [...RESTART, '--node', `${scene.nodes[0]}`, '--debug', '-o', format];
          const { code, stdout, stderr } = await scene.ldctl(args, { LD_API_KEY: bad, DEBUG: '*' });
          assert.equal(code, 4, stderr);
          assertAbsent(stderr, bad, 'stderr');
          if (format !== 'table') assertAbsent(stdout, bad, 'stdout');
        }
      }),

    'is in no error about a key that cannot be one': () =>
      withScene({}, async (scene) => {
        const bad = `ld_pk_${'Q'.repeat(32)}\nsecond line`;
        const { code, stdout, stderr } = await scene.ldctl(['activities', 'list', '-o', 'json'], { LD_API_KEY: bad });
        assert.equal(code, 2, stderr);
        assertAbsent(stdout, 'Q'.repeat(32), 'stdout');
        assertAbsent(stderr, 'Q'.repeat(32), 'stderr');
      }),

    'is in nothing that is said where it stands in the wrong variable': () =>
      withScene({}, async (scene) => {
        const key = keyOf(scene);
        const other = 'hV9sK2mQ8xW4zR7tY1uB5nC3jL6pF0dG';
        const file = join(scene.folder, 'key');
        writeFileSync(file, `${other}\n`, { mode: 0o600 });
        const variables = ['LD_TENANT_ID', 'LD_PROFILE', 'LD_DEPLOYMENT_ID', 'LD_API_URL', 'LD_SUPERVISOR_URL'];
        const cases = variables.flatMap((name): NodeJS.ProcessEnv[] => [
          { [name]: key },
          { [name]: key, LD_API_KEY: undefined },
          { [name]: other, LD_API_KEY: other },
          { [name]: other, LD_API_KEY: undefined, LD_API_KEY_FILE: file },
        ]);
        for (const env of cases) {
          const { code, stdout, stderr } = await scene.ldctl(['whoami', '--debug', '-o', 'json'], env);
          assert.notEqual(code, 0, stderr);
          for (const secret of [key, other])
            assertAbsent(stdout + stderr, secret, `with ${Object.keys(env).join()}: it`);
        }
      }),

    'is on no command line while a trigger runs, and in no file that it leaves': () =>
      withScene({ workMs: 600_000 }, async (scene) => {
        const args = [...RESTART, '--node', `${scene.nodes[0]}`, '--idempotency-key', 'deploy-7'];
        const run = scene.start(args).input();
        await run.said(/dispatched/);
        // Without /proc there is no process list to look at.
        const processes = process.platform === 'linux' ? readdirSync('/proc').filter((name) => /^\d+$/.test(name)) : [];
        for (const pid of processes) {
          const words = readIfThere(`/proc/${pid}/cmdline`);
          assert.ok(!words.includes(keyOf(scene)), `process ${pid} has it in ${words}`);
        }
        run.kill('SIGTERM');
        const { stderr } = await run.ended();
        assertAbsent(stderr, keyOf(scene), 'stderr');
        const files = filesBelow(join(scene.folder, 'config'));
        assert.equal(files.length, 3, 'the record, its mark, and the key that completion is to offer');
        for (const file of files) assertAbsent(readFileSync(file, 'utf8'), keyOf(scene), file);
      }),

    'is not sent on by a redirect': () =>
      withScene({}, async (scene) => {
        const thief = await startServer([]);
        const server = await startServer([reply(307, null, { location: `${thief.url}/deployments` })]);
        const { code, stderr } = await scene.ldctl([...RESTART, '--node', '7'], { LD_SUPERVISOR_URL: server.url });
        assert.equal(code, 6, stderr);
        assert.match(stderr, /^error: .*redirected the request \(307\)/m);
        assertAbsent(stderr, keyOf(scene), 'stderr');
        assert.deepEqual(thief.requests, []);
        await Promise.all([server.close(), thief.close()]);
      }),
  });
});

/** A process may have ended since it was listed. */
function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}
