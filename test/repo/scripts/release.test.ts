import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { describeOnPosix } from '../../helpers/platform.js';
import { ROOT } from '../../helpers/root.js';

describeOnPosix('a release that is run again', 'GitHub releases on Linux', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'ldctl-release-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /**
   * Runs a script of scripts/release with a stand-in for the program that it publishes by.
   * @returns its exit code, and what the program was called with, but for questions
   */
  function run(script: string, args: readonly string[], program: string, answers: string) {
    const calls = join(folder, 'calls');
    writeFileSync(calls, '');
    writeFileSync(
      join(folder, program),
      `#!/bin/sh\ncase "$*" in *view*) ${answers} ;; *) echo "$*" >> '${calls}' ;; esac\n`,
      { mode: 0o700 },
    );
    const { status } = spawnSync('bash', [join(ROOT, 'scripts/release', script), ...args], {
      cwd: folder,
      env: { PATH: [folder, process.env.PATH].join(delimiter) },
    });
    return { status, calls: readFileSync(calls, 'utf8').split('\n').slice(0, -1) };
  }

  describe('npm', () => {
    const publish = (answers: string, version = '1.2.3') => {
      writeFileSync(join(folder, 'ldctl.tgz'), 'a package');
      return run('npm.sh', ['ldctl.tgz', version], 'npm', answers);
    };

    for (const [version, tag] of [
      ['1.2.3', 'latest'],
      ['1.3.0-rc.1', 'next'],
    ] as const) {
      it(`publishes ${version} as ${tag}, where npm does not have it`, () => {
        const { status, calls } = publish('exit 1', version);
        const flags = `--provenance --access public --ignore-scripts --tag ${tag}`;
        assert.deepEqual([status, calls], [0, [`publish ldctl.tgz ${flags}`]]);
      });
    }

    it('leaves this very package as it is', () => {
      const sum = createHash('sha512').update('a package').digest('base64');
      assert.deepEqual(publish(`echo sha512-${sum}`), { status: 0, calls: [] });
    });

    it('fails where npm has another package of that version', () => {
      assert.deepEqual(publish('echo sha512-other'), { status: 1, calls: [] });
    });
  });

  describe('GitHub', () => {
    const release = (answers: string, tag = 'v1.2.3') =>
      run('github.sh', [tag, 'notes.md', 'a.zip', 'b.tgz'], 'gh', answers);
    const upload = [
      'release upload v1.2.3 --clobber a.zip b.tgz',
      'release edit v1.2.3 --draft=false',
    ];
    const create =
      'release create v1.2.3 --verify-tag --draft --title v1.2.3 --notes-file notes.md';

    it('makes a draft, uploads every file, and only then shows it', () => {
      assert.deepEqual(release('exit 1'), { status: 0, calls: [create, ...upload] });
    });

    it('continues with a draft that is there', () => {
      assert.deepEqual(release('echo true'), { status: 0, calls: upload });
    });

    it('leaves what is released as it is', () => {
      assert.deepEqual(release('echo false'), { status: 0, calls: [] });
    });

    it('marks a candidate as a pre-release', () => {
      assert.match(release('exit 1', 'v1.3.0-rc.1').calls[0] ?? '', / --prerelease$/);
    });
  });

  describe("the action's tag", () => {
    const move = (answers: string, tag = 'v1.2.3') =>
      run('action-tag.sh', [tag, 'abc'], 'gh', answers);
    const moved =
      'api --silent --method PATCH repos/{owner}/{repo}/git/refs/tags/v1 -f sha=abc -F force=true';

    it('is moved to the newest release', () => {
      assert.deepEqual(move('echo v1.2.3'), { status: 0, calls: [moved] });
    });

    it('is made where there is none', () => {
      const { status, calls } = move('echo v1.2.3 ;; *PATCH*) exit 1');
      const made =
        'api --silent --method POST repos/{owner}/{repo}/git/refs -f ref=refs/tags/v1 -f sha=abc';
      assert.deepEqual([status, calls], [0, [made]]);
    });

    it('stays where it is for an older release, and for a candidate', () => {
      assert.deepEqual(move('echo v1.3.0'), { status: 0, calls: [] });
      assert.deepEqual(move('echo v1.2.3', 'v1.3.0-rc.1'), { status: 0, calls: [] });
    });

    it('fails where GitHub does not say which release is the newest', () => {
      assert.deepEqual(move('exit 1'), { status: 1, calls: [] });
    });
  });
});

describeOnPosix('a release', 'GitHub releases on Linux', () => {
  const targets = readFileSync(join(ROOT, 'scripts/targets.js'), 'utf8');
  const [, ours = '', line] = /NODE_VERSION = '((\d+).*)'/.exec(targets) ?? [];
  const newer = `${line}.100.1`;
  const has = (...versions: string[]): string => `echo '${JSON.stringify(versions)}'`;

  /** What keeps version 1.2.3 from being released, where npm answers so about Linux and the others. */
  function refusal(linux: string, others = linux): string[] {
    const folder = mkdtempSync(join(tmpdir(), 'ldctl-release-'));
    const program = (name: string, script: string): void =>
      writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o700 });
    program('git', 'exit 0');
    program('npm', `case "$2" in node-linux*) ${linux} ;; *) ${others} ;; esac`);
    const repository = { url: 'git+https://github.com/someone/ldctl.git' };
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ version: '1.2.3', repository }));
    writeFileSync(join(folder, 'CHANGELOG.md'), '# Changes\n\n## [1.2.3] - 2027-01-01\n');
    const script = join(ROOT, 'scripts/release/ready.js');
    const { status, stderr } = spawnSync(process.execPath, [script, 'v1.2.3', 'someone/ldctl'], {
      cwd: folder,
      encoding: 'utf8',
      env: { PATH: folder },
    });
    rmSync(folder, { recursive: true });
    const problems = stderr.split('\n').slice(0, -1);
    assert.equal(status, problems.length === 0 ? 0 : 1, stderr);
    return problems;
  }

  it('is made with the newest Node of its line', () => {
    assert.deepEqual(refusal(has(`${line}.0.0`, ours, `${line}.2.0`)), []);
  });

  it('is refused with an older one', () => {
    assert.deepEqual(refusal(has(ours, newer, `${line}.99.0`)), [
      `::error::the executables have Node ${ours}, and the newest ${line} is ${newer}; set NODE_VERSION (scripts/targets.js)`,
    ]);
  });

  it('is refused where npm has a newer one for some systems only, until someone passes it over', () => {
    const [problem, ...more] = refusal(has(ours, newer), has(ours));
    assert.match(
      problem ?? '',
      /100\.1; npm does not have it for darwin-x64, darwin-arm64, win32-x64 yet: .* set NODE_PASSED_OVER/,
    );
    assert.deepEqual(more, []);
  });

  for (const [how, answer] of Object.entries({ fails: 'exit 1', 'says nothing': 'exit 0' })) {
    it(`is refused where npm ${how}`, () => {
      assert.deepEqual(refusal(has(ours), answer), [
        `::error::npm does not say which Node ${line} is the newest for darwin-x64, darwin-arm64, win32-x64`,
      ]);
    });
  }
});
