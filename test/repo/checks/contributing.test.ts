import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { EXIT_CODES } from '../../../src/base/exit-codes.js';
import { blocksOf, commandsOf, type DocBlock } from '../../helpers/docs.js';
import { ROOT } from '../../helpers/root.js';

/** What building, generating and testing takes. */
const COPIED = [
  ...['src', 'scripts', 'test', 'bin', 'completions', 'schemas', 'docs', 'skills', 'README.md'],
  ...['package.json', 'package-lock.json', 'oclif.manifest.json', '.mocharc.cjs'],
  ...['tsconfig.json', 'tsconfig.library.json', 'LICENSE'],
];

/** Changes a file as a block of `diff` says: `@@` stands between its hunks, which have no numbers. */
function apply({ where, lines: [header = '', ...lines] }: DocBlock, folder: string): void {
  const [, sign, path = ''] = /^([-+])\1\1 (\S+)$/.exec(header) ?? assert.fail(`${where}: no file`);
  const file = join(folder, path);
  const side = (hunk: string, unlike: string): string =>
    hunk
      .split('\n')
      .filter((line) => !line.startsWith(unlike))
      .map((line) => `${line.slice(1)}\n`)
      .join('');
  const hunks = lines.join('\n').split('\n@@\n');
  if (sign === '+') {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, side(hunks.join('\n'), '-'), { flag: 'wx' });
    return;
  }
  const changed = hunks.reduce(
    (text, hunk) => {
      const parts = text.split(side(hunk, '+'));
      assert.equal(
        parts.length,
        2,
        `${where}: ${path} has this not once, but ${parts.length - 1} ×:\n${hunk}`,
      );
      return parts.join(side(hunk, '-'));
    },
    readFileSync(file, 'utf8'),
  );
  writeFileSync(file, changed);
}

describe('CONTRIBUTING, followed literally', function () {
  this.timeout(300_000);
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'ldctl-contributing-'));
    for (const name of COPIED) {
      cpSync(join(ROOT, name), join(folder, name), { recursive: true });
    }
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  // As in the page: a flag, its test, what is run; then the same for a command and a format.
  it('adds a flag, a command and a format, which are built and do what the page says', () => {
    const blocks = blocksOf('CONTRIBUTING.md');
    const changes = blocks.filter(({ language }) => language === 'diff');
    assert.equal(changes.length, 11);
    for (const change of changes) apply(change, folder);
    const commands = blocks
      .filter(({ marks }) => marks.get('not run')?.startsWith('test/repo/checks/contributing'))
      .flatMap((block) => commandsOf(block).map(({ text }) => text));
    // Built once for all.
    const printed = [...new Set(commands)].map((command) => {
      const { status, stdout, stderr } = spawnSync('sh', ['-c', command], {
        cwd: folder,
        encoding: 'utf8',
      });
      assert.equal(status, 0, `${command} failed:\n${stdout}${stderr}`);
      return [command, stdout] as const;
    });
    const said = (command: string): string => new Map(printed).get(command) ?? assert.fail(command);
    assert.match(said('node bin/run.js version --short'), /^version +\S+\n$/);
    assert.match(said('node bin/run.js codes'), /^CODE +MEANING\n0 +done\n/);
    const { items } = JSON.parse(said('node bin/run.js codes -o json')) as { items: object[] };
    assert.equal(items.length, Object.keys(EXIT_CODES).length);
    assert.match(said('node bin/run.js codes --help'), /The exit codes, as data\./);
    assert.match(said('node bin/run.js codes -o tsv'), /^code\tmeaning\n0\tdone\n/);
  });

  it('adds a rule, which is kept, and whose sabotage the model finds', () => {
    const program = `
      import { Pool } from './test/model/pool.js';
      const pool = new Pool();
      const part = { number: 0, of: 1 };
      const [kept, found] = await Promise.all([
        pool.do({ setting: 'a roll by twos', faults: 0, part }),
        pool.do({ sabotage: 'a roll sends too fast' }),
      ]);
      pool.close();
      console.log([...kept.broken.keys()].join(), [...found.broken.keys()].join());`;
    writeFileSync(join(folder, 'play.mts'), program);
    const args = ['--import', 'tsx', 'play.mts'];
    const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
    assert.equal(stdout + stderr, ' roll-pace\n');
  });

  it('leaves it with the right types', () => {
    const files = ['src/commands/command-table.ts'];
    files.push('test/model/sabotages/rolls.ts', 'test/model/judge/rolled.ts');
    files.push('src/api/proxy-from-env.d.ts');
    const project = { extends: './tsconfig.json', include: [], files };
    writeFileSync(join(folder, 'changed.json'), JSON.stringify(project));
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    const args = [tsc, '-p', 'changed.json'];
    const { status, stdout } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
    assert.equal(status, 0, stdout);
  });
});
