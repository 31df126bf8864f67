import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cleanEnvironment, LDCTL, Run, type Ended } from '../helpers/ldctl.js';

/** A name that a shell must not run. It comes from the API, where somebody else chose it. */
const HOSTILE = 'main $(touch ran) `touch ran`';

describe('completion', function () {
  this.timeout(120_000);
  let folder: string;
  let env: NodeJS.ProcessEnv;
  const functions = (): string => join(folder, 'cache', 'ldctl', 'autocomplete', 'functions');

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ldctl-completion-'));
    env = { ...cleanEnvironment(folder), XDG_CACHE_HOME: join(folder, 'cache') };
    const profiles = [
      { name: 'prod', deployment_id: '71', deployment_name: 'main prod' },
      { name: 'preview', deployment_id: '72', deployment_name: HOSTILE },
      { name: 'test' },
    ].map((profile) => ({ ...profile, tenant_id: '7', key: { store: 'command', command: ['vault'] } }));
    mkdirSync(join(folder, 'config'), { mode: 0o700 });
    writeFileSync(join(folder, 'config', 'config.json'), JSON.stringify({ profiles }), { mode: 0o600 });
    const { code, stderr } = await run(process.execPath, [LDCTL, 'autocomplete', 'bash']);
    assert.equal(code, 0, stderr);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  function run(command: string, args: readonly string[]): Promise<Ended> {
    return new Run(command, args, env).input().ended();
  }

  /** What bash offers for the last of these words, as it would be put into the line. */
  async function offered(...words: string[]): Promise<string[]> {
    const script = `
      cd "$1"; source "$2"; shift 2
      COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
      "$(complete -p ldctl | sed 's/.*-F \\([^ ]*\\) .*/\\1/')"
      printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = await run('bash', [
      '-c',
      script,
      'bash',
      folder,
      join(functions(), 'bash', 'ldctl.bash'),
      ...words,
    ]);
    assert.equal(stderr, '');
    return stdout.split('\n').filter(Boolean).sort();
  }

  const cases: Array<[string, string[], string[]]> = [
    ['commands', ['ldctl', 'activities', 'tr'], ['trigger']],
    ['flags', ['ldctl', 'whoami', '--prof'], ['--profile']],
    ['flags after arguments', ['ldctl', 'activities', 'trigger', 'iggy', 'restart', '--dry'], ['--dry-run']],
    ['flags after other flags', ['ldctl', 'whoami', '--utc', '--prof'], ['--profile']],
    ['profiles', ['ldctl', 'whoami', '--profile', 'pr'], ['preview', 'prod']],
    ['all profiles', ['ldctl', 'whoami', '--profile', ''], ['preview', 'prod', 'test']],
    ['profiles by the other name of the flag', ['ldctl', 'whoami', '--context', 'te'], ['test']],
    ['profiles after an equals sign', ['ldctl', 'whoami', '--profile', '=', 'te'], ['test']],
    ['profiles right after an equals sign', ['ldctl', 'whoami', '--profile', '='], ['preview', 'prod', 'test']],
    ['deployments, quoted for the line', ['ldctl', 'activities', 'list', '--deployment', 'main\\ p'], ['main\\ prod']],
  ];
  for (const [what, words, expected] of cases) {
    it(`in bash offers ${what}`, async () => {
      assert.deepEqual(await offered(...words), expected);
    });
  }

  it('in bash runs nothing that a name holds', async () => {
    const [first = ''] = await offered('ldctl', 'activities', 'list', '--deployment', 'main');
    assert.equal((await run('bash', ['-c', `cd "$1"; printf %s ${first}`, 'bash', folder])).stdout, HOSTILE);
    assert.equal(existsSync(join(folder, 'ran')), false);
  });

  it('in zsh has a function for the values of each such flag', () => {
    const script = readFileSync(join(functions(), 'zsh', '_ldctl'), 'utf8');
    const specs = script.split('\n').filter((line) => /^--(profile|deployment)"/.test(line));
    assert.ok(specs.length > 8);
    for (const spec of specs) assert.match(spec, /:_ldctl_stored_(profiles|deployments)" \\$/);
    assert.match(script, /^_ldctl_stored_profiles\(\) \{/m);
  });

  it('for PowerShell is what the plugin makes', () => {
    assert.match(readFileSync(join(functions(), 'powershell', 'ldctl.ps1'), 'utf8'), /Register-ArgumentCompleter/);
  });

  it('stays the same when it is made again', async () => {
    const path = join(functions(), 'bash', 'ldctl.bash');
    const before = readFileSync(path, 'utf8');
    await run(process.execPath, [LDCTL, 'autocomplete', 'bash', '--refresh-cache']);
    assert.equal(readFileSync(path, 'utf8'), before);
  });
});
