import assert from 'node:assert/strict';
import { chmodSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import ActivitiesList from '../../src/commands/activities/list.js';
import ProfilesAdd from '../../src/commands/profiles/add.js';
import ProfilesUse from '../../src/commands/profiles/use.js';
import Whoami from '../../src/commands/whoami.js';
import { stringifyJson } from '../../src/base/json.js';
import {
  CommandBench,
  CORE,
  DEPLOYMENT,
  KEY,
  page,
  SUPERVISOR,
  type CommandEnd,
} from '../helpers/command.js';
import { withoutPrivileges } from '../unit/config/fixtures.js';
import { describeOnPosix } from '../helpers/platform.js';

// Loaded by whoever owns the checkout, and not by the nobody that these tests become.
await import('conf');

describeOnPosix('in a home that cannot be written', 'it keeps no modes', () => {
  let bench: CommandBench;
  let config: string;

  beforeEach(async () => {
    bench = new CommandBench();
    config = join(bench.folder, 'config');
    for (const name of Object.keys(bench.env)) {
      if (name.startsWith('LD_')) bench.env[name] = undefined;
    }
    bench.input = KEY;
    assert.equal((await add('prod')).code, 0);
    chmodSync(bench.folder, 0o755);
  });
  afterEach(() => {
    chmodSync(config, 0o700);
    bench.close();
  });

  const add = (name: string): Promise<CommandEnd> =>
    bench.run(
      ProfilesAdd,
      ...[
        name,
        '--no-verify',
        '--api-key-stdin',
        '--key-store',
        'file',
        '--tenant-id',
        '7',
        '--api-url',
        CORE,
      ],
      ...['--deployment', DEPLOYMENT.toString(), '--supervisor-url', SUPERVISOR],
    );
  const readOnly = <T>(step: () => Promise<T>): Promise<T> =>
    withoutPrivileges(config, () => {
      chmodSync(config, 0o500);
      return step();
    });

  it('a profile can be used, and whoami finds its key out, without a word about what it could not store', async () => {
    const context = {
      id: 1n,
      name: 'ci',
      role_name: 'viewer',
      expiry_at: '2026-06-06T12:00:00Z',
      permissions: {},
    };
    bench.core.get('/tenants/7/api_keys/context').reply(200, stringifyJson(context));
    bench.core
      .get('/tenants/7/structure')
      .reply(200, stringifyJson({ id: 7n, name: 'acme', divisions: [] }));
    bench.supervisor.get(/activities/).reply(200, page([]));
    await readOnly(async () => {
      assert.deepEqual(
        [(await bench.run(ActivitiesList)).code, (await bench.run(Whoami)).code],
        [0, 0],
      );
    });
    assert.deepEqual(readdirSync(config), ['config.json']);
  });

  for (const [name, run] of Object.entries({
    'adding a profile': () => add('test'),
    'choosing another one': () => bench.run(ProfilesUse, 'prod'),
  })) {
    it(`${name} says what cannot be written, and names the way on`, async () => {
      const { code, stderr } = await readOnly(run);
      assert.equal(code, 2);
      assert.match(stderr, /error: cannot write .*config.*: permission denied/);
      assert.match(stderr, /hint: .*LDCTL_CONFIG_DIR names another folder/);
    });
  }
});
