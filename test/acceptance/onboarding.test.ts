import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ldctl } from '../helpers/ldctl.js';
import { Scene } from '../helpers/scene.js';
import { Terminal } from '../helpers/terminal.js';

/** There is no keyring at the end of this. */
const NO_KEYRING = { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent/bus' };

describe('the first five minutes, at a terminal', function () {
  this.timeout(300_000);
  let scene: Scene;
  let terminals: Terminal[];
  let key: string;

  beforeEach(async () => {
    scene = await Scene.open();
    terminals = [];
    key = scene.sandbox.apiKey;
    // A newcomer has nothing set.
    for (const name of Object.keys(scene.env))
      if (name.startsWith('LD_') || name.startsWith('LDCTL_SANDBOX')) scene.env[name] = undefined;
    Object.assign(scene.env, NO_KEYRING);
  });
  afterEach(async () => {
    for (const terminal of terminals) terminal.kill();
    await scene.close();
  });

  function atTerminal(...args: string[]): Terminal {
    const terminal = new Terminal(ldctl(...args), scene.env);
    terminals.push(terminal);
    return terminal;
  }

  const configPath = (): string => join(scene.folder, 'config', 'config.json');

  it('from nothing to a finished restart, by answering questions', async () => {
    const before = await scene.ldctl(['activities', 'list']);
    assert.equal(before.code, 2);
    assert.match(before.stderr, /ldctl profiles add NAME/);

    const add = atTerminal('profiles', 'add', 'mine', '--api-url', scene.url);
    await add.shows(/Tenant id:/);
    add.enter(scene.sandbox.tenantId.toString());
    await add.shows(/API key:/);
    add.enter(`${key}x`);
    await add.shows(/warning: .*API key is wrong/);
    await add.shows(/API key:/);
    add.enter(key);
    await add.shows(/key sandbox admin \(role admin\), expires in \d+ days/);
    await add.shows(/Deployment \(type to filter\):/);
    await add.shows(/platform\/production\/sandbox/);
    add.type('prod box');
    await add.shows(/prod box\n❯ platform\/production\/sandbox\n\n/);
    add.enter();
    await add.shows(/Protect it\?/);
    add.enter('y');
    await add.shows(/Where should the key be kept\?/);
    await add.shows(/In a file that only you can read/);
    add.enter();
    await add.shows(/added profile mine, now the current one/);
    const added = await add.ended();
    assert.equal(added.code, 0);
    assert.ok(!added.stdout.includes(key), 'the key was shown');
    assert.ok(readFileSync(configPath(), 'utf8').includes(key));

    const [node = ''] = scene.nodes;
    const trigger = atTerminal('activities', 'trigger', 'iggy', 'restart', '--node', node);
    await trigger.shows(/sandbox\?\s+Type\s+sandbox\s+to\s+go\s+ahead:/);
    trigger.enter('sandbox');
    const triggered = await trigger.ended();
    assert.equal(triggered.code, 0, triggered.stdout);
    assert.match(triggered.stdout, new RegExp(`${node} .*completed`));
    assert.equal(scene.dispatched, 1);
    assert.ok(!triggered.stdout.includes(key));
  });

  it('says before it asks anything that a file stands in place of the folder', async () => {
    for (const [folder, mode] of [
      [join(scene.folder, 'config'), 0o755],
      [join(scene.folder, 'file', 'config'), 0o644],
    ] as const) {
      scene.env.LDCTL_CONFIG_DIR = folder;
      writeFileSync(folder.replace(/file.config$/, 'file'), 'a file', { mode });
      const { code, stdout } = await atTerminal('profiles', 'add', 'mine').ended();
      assert.equal(code, 2);
      assert.match(stdout, /^error: cannot write .*config.*(it is a file|not a folder)/);
      assert.doesNotMatch(stdout, /Tenant/);
    }
  });

  it('a name that is not typed right acts on nothing', async () => {
    const add = await scene
      .start(
        ['profiles', 'add', 'mine', '--api-url', scene.url, '--tenant-id', scene.sandbox.tenantId.toString()].concat([
          '--deployment',
          'sandbox',
          '--protected',
          '--key-store',
          'file',
          '--api-key-stdin',
        ]),
      )
      .input(key)
      .ended();
    assert.equal(add.code, 0, add.stderr);
    const trigger = atTerminal('activities', 'trigger', 'iggy', 'restart', '--yes');
    await trigger.shows(/Type\s+sandbox\s+to\s+go\s+ahead:/);
    trigger.enter('sandbx');
    assert.equal((await trigger.ended()).code, 2);
    assert.equal(scene.dispatched, 0);
  });

  it('Ctrl-C half-way stores nothing', async () => {
    const add = atTerminal('profiles', 'add', 'mine', '--api-url', scene.url);
    await add.shows(/Tenant id:/);
    add.enter(scene.sandbox.tenantId.toString());
    await add.shows(/API key:/);
    add.enter(key);
    await add.shows(/Deployment/);
    add.interrupt();
    const { code, stdout } = await add.ended();
    assert.equal(code, 130);
    assert.match(stdout, /Nothing was stored/);
    assert.equal(existsSync(configPath()), false);
  });
});
