import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import ProfilesAdd from '../../src/commands/profiles/add.js';
import ProfilesList from '../../src/commands/profiles/list.js';
import ProfilesRemove from '../../src/commands/profiles/remove.js';
import ProfilesShow from '../../src/commands/profiles/show.js';
import ProfilesUpdate from '../../src/commands/profiles/update.js';
import ProfilesUse from '../../src/commands/profiles/use.js';
import {
  CommandBench,
  CORE,
  DEPLOYMENT,
  KEY,
  SUPERVISOR,
  type CommandEnd,
} from '../helpers/command.js';
import { parseJson } from '../helpers/readers.js';

const TENANT = '18446744073709551615';
const MASK = `ld_pk_…${KEY.slice(-4)}`;

describe('the profiles commands', () => {
  let bench: CommandBench;
  beforeEach(() => {
    bench = new CommandBench();
    for (const name of Object.keys(bench.env)) {
      if (name.startsWith('LD_')) bench.env[name] = undefined;
    }
    bench.input = KEY;
  });
  afterEach(() => bench.close());

  const add = (name: string, ...more: string[]): Promise<CommandEnd> =>
    bench.run(
      ProfilesAdd,
      name,
      '--no-verify --api-key-stdin --key-store file --tenant-id',
      TENANT,
      '--api-url',
      CORE,
      '--deployment',
      DEPLOYMENT.toString(),
      '--supervisor-url',
      SUPERVISOR,
      more,
    );
  const document = (name: string, current: boolean): Record<string, unknown> => ({
    name,
    current,
    tenant_id: 18446744073709551615n,
    api_url: CORE,
    deployment_id: DEPLOYMENT,
    deployment_name: null,
    deployment_path: null,
    supervisor_url: SUPERVISOR,
    protected: false,
    key_store: 'file',
    api_key: MASK,
    expires_at: null,
  });

  it('add prints the profile, with its key masked and its ids exact', async () => {
    const { code, stdout, stderr } = await add('prod', '-o', 'json');
    assert.deepEqual([code, stderr], [0, `added prod → ${DEPLOYMENT}\nnext: ldctl nodes list\n`]);
    assert.deepEqual(parseJson(stdout), document('prod', true));
  });

  it('add ends with a command that is about the new profile', async () => {
    await add('prod');
    assert.match((await add('staging')).stderr, /^next: ldctl nodes list -p staging$/m);
    bench.env.LD_PROFILE = 'dev';
    assert.match((await add('dev')).stderr, /^next: ldctl nodes list$/m);
  });

  for (const flags of ['--api-key-stdin', '--key-store file']) {
    it(`add takes no ${flags} beside a command that prints the key`, async () => {
      const words = ['prod --no-verify --tenant-id 7 --key-command print-it', flags];
      const { stderr } = await bench.ends(2, ProfilesAdd, ...words);
      assert.match(
        stderr,
        new RegExp(`^error: ${flags.split(' ')[0]} cannot be used with --key-c`),
      );
      assert.equal(existsSync(join(bench.folder, 'config')), false);
    });
  }

  it('-q leaves the result only', async () => {
    const { stdout, stderr } = await add('prod', '-q', '-o', 'json');
    assert.equal(stderr, '');
    assert.deepEqual(parseJson(stdout), document('prod', true));
  });

  it('list marks the current one, show shows it, and use changes it', async () => {
    await add('prod');
    await add('test');
    const listed = parseJson((await bench.run(ProfilesList, '-o json')).stdout);
    assert.deepEqual(listed, {
      items: [document('prod', true), document('test', false)],
      total_results: 2n,
    });

    const used = await bench.run(ProfilesUse, 'test -o json');
    assert.deepEqual([used.code, parseJson(used.stdout)], [0, document('test', true)]);
    assert.deepEqual(
      parseJson((await bench.run(ProfilesShow, '-o json')).stdout),
      document('test', true),
    );
    assert.deepEqual(
      parseJson((await bench.run(ProfilesShow, 'prod -o json')).stdout),
      document('prod', false),
    );
    const table = (await bench.run(ProfilesList, '--columns current,name')).stdout;
    assert.deepEqual(table.split('\n'), ['CURRENT  NAME', '         prod', '*        test', '']);
  });

  it('use says one line, also that LD_PROFILE chooses another', async () => {
    await add('prod');
    await add('test');
    assert.deepEqual(await bench.run(ProfilesUse, 'prod'), {
      code: 0,
      stdout: '',
      stderr: 'using profile prod\n',
    });
    bench.env.LD_PROFILE = 'prod';
    const { stdout, stderr } = await bench.run(ProfilesUse, 'test');
    const line = 'using profile test; LD_PROFILE chooses prod all the same, until it is unset\n';
    assert.deepEqual([stdout, stderr], ['', line]);
    const same = await bench.run(ProfilesUse, 'prod');
    assert.deepEqual([same.stdout, same.stderr], ['', 'using profile prod\n']);
  });

  it('use says which variables override the profile', async () => {
    await add('prod');
    bench.env.LD_DEPLOYMENT_ID = '7';
    bench.env.LD_TENANT_ID = '8';
    const { stderr } = await bench.run(ProfilesUse, 'prod');
    assert.match(
      stderr,
      /^the environment \((?:LD_\w+, )*LD_TENANT_ID, LD_DEPLOYMENT_ID\) overrides it$/m,
    );
  });

  it('list is empty without a profile, and show says how to choose one', async () => {
    const empty = await bench.run(ProfilesList, '-o json');
    assert.deepEqual([empty.code, parseJson(empty.stdout)], [0, { items: [], total_results: 0n }]);
    const { stderr } = await bench.ends(2, ProfilesShow);
    assert.match(stderr, /ldctl profiles use NAME/);
  });

  it('update prints the new profile', async () => {
    await add('prod');
    const { code, stdout } = await bench.run(ProfilesUpdate, 'prod --protected -o json');
    assert.deepEqual(
      [code, parseJson(stdout)],
      [0, { ...document('prod', true), protected: true }],
    );
  });

  it('update and remove say one line to people, as add and use do', async () => {
    await add('prod');
    const updated = await bench.run(ProfilesUpdate, 'prod --protected');
    assert.deepEqual([updated.stdout, updated.stderr], ['', 'updated profile prod\n']);
    const removed = await bench.run(ProfilesRemove, 'prod --yes');
    const line = 'removed profile prod; no profile is the current one now\n';
    assert.deepEqual([removed.stdout, removed.stderr], ['', line]);
  });

  it('remove says what is gone and what is current now', async () => {
    await add('prod');
    await add('test');
    const other = await bench.run(ProfilesRemove, 'test --yes -o json');
    assert.deepEqual(parseJson(other.stdout), { removed: 'test', current: 'prod' });
    const { stdout, stderr } = await bench.ends(0, ProfilesRemove, 'prod --yes -o json');
    assert.deepEqual(parseJson(stdout), { removed: 'prod', current: null });
    assert.match(stderr, /no profile is the current one now/);
  });

  for (const [name, run] of Object.entries({
    show: () => bench.run(ProfilesShow, 'nope -o json'),
    use: () => bench.run(ProfilesUse, 'nope -o json'),
    update: () => bench.run(ProfilesUpdate, 'nope --protected -o json'),
    remove: () => bench.run(ProfilesRemove, 'nope --yes -o json'),
  })) {
    it(`${name} of a profile that is not there: exit 5, and which there are`, async () => {
      await add('prod');
      const { code, stdout } = await run();
      assert.equal(code, 5);
      const { error } = parseJson(stdout) as { error: Record<string, unknown> };
      assert.deepEqual([error.code, error.hint], ['profile_not_found', 'There are: prod.']);
    });
  }

  it('a flag with the key in it does not exist', async () => {
    const { stderr } = await bench.ends(2, ProfilesAdd, 'prod --api-key', KEY);
    assert.doesNotMatch(stderr, new RegExp(KEY));
  });
});
