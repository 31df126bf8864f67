import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { itOnPosix } from '../helpers/platform.js';

const PRINT_ENV = "for (const [name, value] of Object.entries(process.env)) console.log(name + '=' + value)";
const RUNNER = fileURLToPath(new URL('sandbox-command.ts', import.meta.url));

interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

describe('sandbox exec and start, as processes', function () {
  // Each of them loads TypeScript from its source.
  this.timeout(30_000);
  const running = new Set<ChildProcess>();

  afterEach(() => {
    for (const child of running) child.kill('SIGKILL');
    running.clear();
  });

  function start(argv: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
    const child = spawn(process.execPath, ['--import', 'tsx', RUNNER, ...argv], { env: { ...process.env, ...env } });
    running.add(child);
    return child;
  }

  async function finish(child: ChildProcess): Promise<Finished> {
    assert.ok(child.stdout && child.stderr);
    const [stdout, stderr, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close') as Promise<[number | null]>,
    ]);
    running.delete(child);
    return { code, stdout, stderr };
  }

  function exec(...command: string[]): ChildProcess {
    return start(['exec', '--', ...command]);
  }

  /** Waits until the child has printed this. */
  async function said(child: ChildProcess, what: RegExp): Promise<string> {
    assert.ok(child.stdout);
    let heard = '';
    for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
      heard += String(chunk);
      if (what.test(heard)) break;
    }
    return heard;
  }

  it('exec ends with the code of the command', async () => {
    assert.equal((await finish(exec(process.execPath, '-e', 'process.exit(7)'))).code, 7);
  });

  itOnPosix('exec ends with 128 + n when the command dies of signal n', 'it has no signals', async () => {
    assert.equal((await finish(exec('sh', '-c', 'kill -KILL $$'))).code, 137);
  });

  it('exec ends with 127 when there is no such command', async () => {
    const missing = await finish(exec('ldctl-no-such-command'));
    assert.equal(missing.code, 127);
    assert.match(missing.stderr, /ldctl-no-such-command: command not found/);
  });

  itOnPosix('exec ends with 126 when the command cannot be run', 'what may be run is told by its name', async () => {
    assert.equal((await finish(exec(RUNNER))).code, 126);
  });

  it('exec hands on stdin, stdout, stderr and every argument as it is', async () => {
    const code = 'process.stdin.pipe(process.stdout); console.error(...process.argv.slice(1))';
    const child = exec(process.execPath, '-e', code, '--', '--json', "it's");
    child.stdin?.end('through');
    const { stdout, stderr } = await finish(child);
    assert.equal(stdout, 'through');
    assert.equal(stderr, "--json it's\n");
  });

  it('exec without a command, or without the dashes, is a usage error', async () => {
    for (const argv of [
      ['exec', '--'],
      ['exec', 'true'],
      ['exec', 'true', '--', 'true'],
    ]) {
      const { code, stderr } = await finish(start(argv));
      assert.notEqual(code, 0);
      assert.match(stderr, /sandbox exec -- CMD/);
    }
  });

  it('exec sets the environment of the sandbox, and none of the user’s own', async () => {
    const child = start(['exec', '--seed', '1', '--', process.execPath, '-e', PRINT_ENV], {
      LD_API_KEY: 'ld_pk_of_the_user',
      LD_API_KEY_FILE: '/secret',
      LD_PROFILE: 'production',
      NO_PROXY: 'example.com',
      no_proxy: undefined,
    });
    const { stdout } = await finish(child);
    const lines = stdout.split('\n').map((line) => /^([^=]*)=(.*)$/.exec(line) ?? []);
    const env = new Map(lines.map(([, name = '', value = '']) => [name, value]));
    const url = env.get('LDCTL_SANDBOX_URL') ?? '';
    assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/);
    assert.equal(env.get('LD_API_URL'), url);
    assert.equal(env.get('LD_SUPERVISOR_URL'), url);
    assert.equal(env.get('LD_TENANT_ID'), '7261845022003200001');
    assert.equal(env.get('LD_DEPLOYMENT_ID'), '7263012455120900033');
    assert.equal(env.get('LDCTL_SANDBOX_NODES'), '610809900976570889 610809900976570890 610809900976570891');
    for (const name of ['LD_API_KEY', 'LDCTL_SANDBOX_READONLY_KEY', 'LDCTL_SANDBOX_EXPIRED_KEY']) {
      assert.match(env.get(name) ?? '', /^ld_pk_[A-Za-z0-9]{32}$/);
    }
    assert.equal(env.has('LD_API_KEY_FILE'), false);
    assert.equal(env.has('LD_PROFILE'), false);
    assert.equal(env.get('NO_PROXY'), 'example.com,127.0.0.1');
  });

  itOnPosix('exec gives a config folder of its own, private and gone afterwards', 'it keeps no modes', async () => {
    const child = exec('sh', '-c', 'echo "$LDCTL_CONFIG_DIR"; cat');
    const folder = (await said(child, /\n/)).trim();
    assert.equal(statSync(folder).mode & 0o777, 0o700);
    child.stdin?.end();
    assert.equal((await finish(child)).code, 0);
    assert.equal(existsSync(dirname(folder)), false);
  });

  it('exec finds this very ldctl on the PATH', async () => {
    assert.equal((await finish(exec('ldctl', 'exec', '--', process.execPath, '-e', 'process.exit(9)'))).code, 9);
  });

  it('exec serves while the command runs', async () => {
    const script = `
      const { LD_SUPERVISOR_URL, LD_DEPLOYMENT_ID, LD_API_KEY } = process.env;
      const answer = await fetch(LD_SUPERVISOR_URL + '/deployments/' + LD_DEPLOYMENT_ID + '/activities', {
        headers: { 'ld-api-key': LD_API_KEY },
      });
      console.log(answer.status);`;
    const { stdout } = await finish(exec(process.execPath, '--input-type=module', '-e', script));
    assert.equal(stdout, '200\n');
  });

  itOnPosix('exec forwards SIGTERM and waits for the end', 'it has no signals', async () => {
    const child = exec('sh', '-c', 'trap "echo told; exit 3" TERM; echo ready; while :; do sleep 0.05; done');
    await said(child, /ready/);
    child.kill('SIGTERM');
    const { code, stdout } = await finish(child);
    assert.equal(stdout, 'told\n');
    assert.equal(code, 3);
  });

  itOnPosix('exec outlives SIGINT, which the terminal gives to the command as well', 'it has no signals', async () => {
    const child = exec('sh', '-c', 'echo ready; cat; exit 5');
    await said(child, /ready/);
    child.kill('SIGINT');
    child.kill('SIGINT');
    child.stdin?.end();
    assert.equal((await finish(child)).code, 5);
  });

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    itOnPosix(
      `start prints what to export, talks on stderr, and ends with 0 at ${signal}`,
      'it has no signals',
      async () => {
        const child = start(['start', '--nodes', '1']);
        const stdout = await said(child, /MINIMAL_KEY='.*'\n/);
        const url = /^export LDCTL_SANDBOX_URL='(.*)'$/m.exec(stdout)?.[1] ?? '';
        const record = await fetch(`${url}/sandbox/record`);
        assert.equal(await record.text(), '{"posts":[],"dispatches":[],"reads":0}');
        child.kill(signal);
        const { code, stderr } = await finish(child);
        assert.equal(code, 0);
        assert.match(stderr, /Ctrl-C stops it/);
        for (const line of stdout.trimEnd().split('\n')) assert.match(line, /^export [A-Z_]+='[^']*'$/);
      },
    );
  }
});
