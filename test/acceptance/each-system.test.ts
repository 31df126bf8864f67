import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isWindows, PLATFORM } from '../../src/system/platform.js';
import { isThere } from '../helpers/is-there.js';
import { type Ended } from '../helpers/ldctl.js';
import { until, withScene, type Scene } from '../helpers/scene.js';
import { parseJson } from '../helpers/readers.js';

/** What differs from system to system, in commands that each of them can run. */
describe('on this system', function () {
  this.timeout(120_000);

  interface Gate {
    exit_code: bigint | null;
    timed_out: boolean;
  }
  const gatesOf = ({ stdout }: Ended): Array<Gate | null> =>
    (parseJson(stdout) as { nodes: Array<{ gate: Gate | null }> }).nodes.map(({ gate }) => gate);

  /** A program for Node, in a folder with blanks in its name. @returns how a user would write it, quoted for any shell */
  function program({ folder }: Scene, code: string): string {
    const path = join(folder, 'with some blanks', 'program.cjs');
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, code);
    return `"${process.execPath}" "${path}"`;
  }

  /** Where a gate is run by cmd, if this is Windows. */
  const withoutSh = (scene: Scene): Record<string, string> =>
    isWindows(PLATFORM) ? { PATH: [scene.folder, dirname(process.execPath)].join(';') } : {};

  it('a sandbox runs this ldctl, and says how it ended', () =>
    withScene({}, async (scene) => {
      const inner = ['ldctl', 'activities', 'trigger', 'iggy', 'restart', '--yes', '--quiet', '-o', 'json'];
      const { code, stdout, stderr } = await scene
        .start(['sandbox', 'exec', '--work', '100ms', '--', ...inner])
        .ended();
      assert.equal(code, 0, stderr);
      assert.equal((parseJson(stdout) as { outcome: string }).outcome, 'completed');
      const missing = await scene.start(['sandbox', 'exec', '--', 'no-such-program']).ended();
      assert.equal(missing.code, 127);
      assert.match(missing.stderr, /^no-such-program: command not found$/m);
      const rejected = ['sandbox', 'exec', '--reject', '1', '--work', '100ms', '--', ...inner];
      assert.equal((await scene.start(rejected).ended()).code, 3);
    }));

  it('a gate is run by a shell, knows the node, and halts the roll', () =>
    withScene({ workMs: 50 }, async (scene) => {
      const code =
        'console.log("gate of " + process.env.LDCTL_NODE_ID); process.exit(process.argv[2] === "a b" ? 3 : 4)';
      const gate = `${program(scene, code)} "a b"`;
      const roll = ['activities', 'roll', 'iggy', 'restart', '--yes', '--node', scene.nodes.join(','), '-o', 'json'];
      const ended = await scene.start([...roll, '--gate', gate], withoutSh(scene)).ended();
      assert.equal(ended.code, 9, ended.stderr);
      assert.deepEqual(gatesOf(ended)[0]?.exit_code, 3n);
      assert.match(ended.stderr, new RegExp(`gate of ${scene.nodes[0] ?? ''}`));
    }));

  it('a gate that takes too long is ended with what it started', () =>
    withScene({ workMs: 50 }, async (scene) => {
      const pid = join(scene.folder, 'pid');
      // The number of the inner one is written whole, and then given its name.
      const code = `
        const { spawn } = require('node:child_process');
        const { renameSync, writeFileSync } = require('node:fs');
        const inner = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
        writeFileSync(${JSON.stringify(`${pid}.new`)}, String(inner.pid));
        renameSync(${JSON.stringify(`${pid}.new`)}, ${JSON.stringify(pid)});
        setInterval(() => {}, 1000);`;
      const roll = ['activities', 'roll', 'iggy', 'restart', '--yes', '--node', scene.nodes[0] ?? '', '-o', 'json'];
      const gate = ['--gate', program(scene, code), '--gate-timeout'];
      // However slow the machine: until one of them had the time to start the inner one.
      for (const limit of ['2s', '10s', '60s']) {
        if (existsSync(pid)) break;
        const ended = await scene.start([...roll, ...gate, limit], withoutSh(scene)).ended();
        assert.equal(ended.code, 9, ended.stderr);
        assert.deepEqual([gatesOf(ended)[0]?.timed_out, gatesOf(ended)[0]?.exit_code], [true, null]);
      }
      const inner = Number(readFileSync(pid, 'utf8'));
      await until('the end of what the gate started', () => !isThere(inner));
    }));

  it('a key command may have blanks in its path, and print its key as files end here', () =>
    withScene({}, async (scene) => {
      const command = program(scene, `process.stdout.write(${JSON.stringify(`${scene.sandbox.apiKey}\r\n`)})`);
      const { LD_TENANT_ID = '', LD_API_URL = '', LD_SUPERVISOR_URL = '', LD_DEPLOYMENT_ID = '' } = scene.env;
      const where = ['--tenant-id', LD_TENANT_ID, '--api-url', LD_API_URL, '--supervisor-url', LD_SUPERVISOR_URL];
      const add = ['profiles', 'add', 'prod', ...where, '--deployment', LD_DEPLOYMENT_ID, '--key-command', command];
      const noVariables = Object.fromEntries(
        Object.keys(scene.env)
          .filter((name) => name.startsWith('LD_'))
          .map((name) => [name, '']),
      );
      const added = await scene.start(add, noVariables).ended();
      assert.equal(added.code, 0, added.stderr);
      const listed = await scene
        .start(['activities', 'list', '--limit', '1', '--profile', 'prod'], noVariables)
        .ended();
      assert.equal(listed.code, 0, listed.stderr);
    }));

  it('a sandbox prints its lines for any shell', () =>
    withScene({}, async (scene) => {
      for (const [shell, line] of [
        ['sh', /^export LD_API_URL='http:.*'$/m],
        ['cmd', /^@set "LD_API_URL=http:.*"$/m],
        ['powershell', /^\$env:LD_API_URL = 'http:.*'$/m],
      ] as const) {
        const run = scene.start(['sandbox', 'start', '--shell', shell]);
        await run.said(/Ctrl-C stops it/);
        assert.match(run.stdout, line);
        run.kill('SIGTERM');
        await run.ended();
      }
    }));
});
