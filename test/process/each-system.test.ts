import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isThere } from '../helpers/is-there.js';
import { type Ended } from '../helpers/ldctl.js';
import { parseJson } from '../helpers/readers.js';
import { story, until, type Scene } from '../helpers/scene.js';
import { assertMatches } from '../helpers/schemas.js';

interface Node {
  status: string;
  gate: { exit_code: bigint | null; timed_out: boolean } | null;
}
const nodesOf = ({ stdout }: Ended): Node[] => (parseJson(stdout) as { nodes: Node[] }).nodes;

/**
 * A program for Node, in a folder with spaces in its name.
 * @returns how a user would write it, quoted for any shell
 */
function program({ folder }: Scene, code: string): string {
  const path = join(folder, 'with some spaces', 'program.cjs');
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, code);
  return `"${process.execPath}" "${path}"`;
}

/** Where a gate is run by cmd, if this is Windows. */
const withoutSh = ({ folder }: Scene): Record<string, string> =>
  process.platform === 'win32' ? { PATH: [folder, dirname(process.execPath)].join(';') } : {};

const rollWith = (scene: Scene, ...more: string[]): string[] => [
  ...`activities roll iggy restart --yes --node ${scene.nodes.join()} -o json --gate`.split(' '),
  ...more,
];

/** What differs from system to system, in commands that each of them can run. */
describe('on this system', () => {
  story('a sandbox runs this ldctl, and says how it ended', {}, async (scene) => {
    const inner = 'ldctl activities trigger iggy restart --yes --quiet -o json';
    const { stdout } = await scene.ends(0, `sandbox exec --work 100ms -- ${inner}`);
    assert.equal((parseJson(stdout) as { outcome: string }).outcome, 'completed');
    await scene.ends(3, `sandbox exec --reject 1 --work 100ms -- ${inner}`);
  });

  story('a sandbox ends with 127 where the program is not found', {}, async (scene) => {
    const { stderr } = await scene.ends(127, 'sandbox exec -- no-such-program');
    assert.match(stderr, /no-such-program: command not found/);
    const exit = join(scene.folder, 'exit-1.cjs');
    writeFileSync(exit, 'process.exit(1)');
    await scene.ends(1, ['sandbox', 'exec', '--', process.execPath, exit]);
  });

  story(
    'a gate is run by a shell, knows the node, and halts the roll',
    { workMs: 50 },
    async (scene) => {
      const code = `
      console.error("gate of " + process.env.LDCTL_NODE_ID);
      process.exit(process.argv[2] === "a b" ? 3 : 4)`;
      const ended = await scene.ends(
        9,
        rollWith(scene, `${program(scene, code)} "a b"`),
        withoutSh(scene),
      );
      const statuses = nodesOf(ended).map(({ status }) => status);
      assert.deepEqual(statuses, ['completed', 'not_started', 'not_started']);
      assert.deepEqual(nodesOf(ended)[0]?.gate?.exit_code, 3n);
      assert.match(ended.stderr, new RegExp(`gate \\| gate of ${scene.nodes[0] ?? ''}`));
      assert.equal(scene.dispatched, 1);
    },
  );

  story(
    'a gate that takes too long is ended with what it started',
    { workMs: 50 },
    async (scene) => {
      const pid = join(scene.folder, 'pid');
      // The number of the inner one is written whole, and then given its name.
      const code = `
      const { spawn } = require('node:child_process');
      const { renameSync, writeFileSync } = require('node:fs');
      const inner = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
      writeFileSync(${JSON.stringify(`${pid}.new`)}, String(inner.pid));
      renameSync(${JSON.stringify(`${pid}.new`)}, ${JSON.stringify(pid)});
      setInterval(() => {}, 1000);`;
      // However slow the machine: until one of them had the time to start the inner one.
      for (const limit of ['2s', '10s', '60s']) {
        if (existsSync(pid)) break;
        const roll = rollWith(scene, program(scene, code), '--gate-timeout', limit);
        const [first] = nodesOf(await scene.ends(9, roll, withoutSh(scene)));
        assert.deepEqual([first?.gate?.timed_out, first?.gate?.exit_code], [true, null]);
      }
      const inner = Number(readFileSync(pid, 'utf8'));
      await until('the end of what the gate started', () => !isThere(inner));
    },
  );

  story(
    'a key command may have spaces in its path, and print its key as files end here',
    {},
    async (scene) => {
      const { sandbox, url } = scene.forget();
      const command = program(
        scene,
        `process.stdout.write(${JSON.stringify(`${sandbox.apiKey}\r\n`)})`,
      );
      const where = `--tenant-id ${sandbox.tenantId} --api-url ${url} --deployment ${sandbox.deploymentId}`;
      await scene.ends(0, [...`profiles add prod ${where} --key-command`.split(' '), command]);
      await scene.ends(0, 'activities list --limit 1 --profile prod');
    },
  );

  story('a sandbox prints lines for the shell, or an object', {}, async (scene) => {
    for (const [format, line] of [
      ['', /^(export |\$env:)LD_API_URL='http:.*'$/m],
      ['-o json', /^ *"LD_API_URL": "http:.*",$/m],
    ] as const) {
      const run = scene.start(`sandbox start ${format}`.trim()).input();
      await run.said(line);
      run.kill('SIGTERM');
      const { stdout } = await run.ended();
      if (format !== '') assertMatches('sandbox', stdout);
    }
  });
});
