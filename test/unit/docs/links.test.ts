import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { docPages, readPage } from '../../helpers/doc-blocks.js';
import { ROOT } from '../../helpers/root.js';

const LINK = /\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/g;

/** A file of the repository, or one below src. */
const FILE = /`((?:[\w.-]+\/)+[\w.-]+\.(?:ts|js|sh|md))`/g;
const PICTURE = /(?:src|srcset)="([^"]+)"/g;

/** The anchors that GitHub gives to the headings of a page. */
function anchorsOf(page: string): string[] {
  const text = readPage(page).replaceAll(/^```.*?^```/gms, '');
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-'),
  );
}

describe('the links of README, CONTRIBUTING and docs', () => {
  for (const page of docPages()) {
    it(`${page}: lead to files that are there, and to headings in them`, () => {
      for (const [link, path = '', anchor] of readPage(page).matchAll(LINK)) {
        const target = path === '' ? page : normalize(join(dirname(page), path));
        assert.ok(existsSync(join(ROOT, target)), `${link}: there is no ${target}`);
        if (anchor !== undefined) assert.ok(anchorsOf(target).includes(anchor), `${link}: ${target} has no such heading`);
      }
    });
  }

  it('name files that are there', () => {
    const named = docPages().flatMap((page) => [...readPage(page).matchAll(FILE)].map(([, file = '']) => ({ page, file })));
    assert.ok(named.length > 20);
    assert.deepEqual(named.filter(({ file }) => !existsSync(join(ROOT, file)) && !existsSync(join(ROOT, 'src', file))), []);
  });

  it('lead to pictures that are there, in light and in dark', () => {
    const files = docPages().flatMap((page) =>
      [...readPage(page).matchAll(PICTURE)].map(([, path = '']) => normalize(join(dirname(page), path))),
    );
    assert.deepEqual(files.filter((file) => !existsSync(join(ROOT, file))), []);
    const dark = files.filter((file) => file.endsWith('-dark.svg'));
    assert.deepEqual(dark.map((file) => file.replace('-dark', '-light')), files.filter((file) => file.endsWith('-light.svg')));
    assert.ok(dark.length > 0);
  });

  it('of README lead to every page', () => {
    const readme = readPage('README.md');
    const others = docPages().filter((page) => page !== 'README.md');
    assert.deepEqual(others.filter((page) => !readme.includes(`](${page}`)), []);
  });

  it('of README are in the package that is published', () => {
    const args = ['pack', '--dry-run', '--json', '--ignore-scripts'];
    const [packed] = JSON.parse(spawnSync('npm', args, { cwd: ROOT, encoding: 'utf8', shell: process.platform === 'win32' }).stdout) as [{ files: Array<{ path: string }> }];
    const readme = readPage('README.md');
    const linked = [...readme.matchAll(LINK), ...readme.matchAll(PICTURE)].flatMap(([, path]) => (path ? [path] : []));
    assert.ok(linked.length > 0);
    const files = packed.files.map(({ path }) => path);
    assert.deepEqual(linked.filter((path) => !files.includes(path)), []);
  }).timeout(60_000);
});
