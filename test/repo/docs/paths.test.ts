import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { docPages } from '../../helpers/docs.js';
import { ROOT } from '../../helpers/root.js';

/** What is made or installed, and so may not be there. */
const MADE = /^(node_modules|dist|build|\.git)$/;

/** Every file and folder of the checkout, as paths from its root; a folder ends with a slash. */
function everything(below = ''): string[] {
  return readdirSync(join(ROOT, below), { withFileTypes: true }).flatMap((entry) => {
    const path = `${below}${entry.name}`;
    if (MADE.test(path)) return [];
    return entry.isDirectory() ? [`${path}/`, ...everything(`${path}/`)] : [path];
  });
}

const THERE = everything();
const TOPS = String.raw`src|test|scripts|docs|bench|bin(?=/[a-z-]+\.js)|examples|schemas|completions|\.github|\.ci|\.githooks`;
/** A path from the root, perhaps with `*` or `{a,b}`; a word before it would make it another. */
const NAMED = new RegExp(String.raw`(?<![\w./@:-])(?:\./)?((?:${TOPS})/[\w./*{},-]*)`, 'g');

/** Whether a path, a folder or a pattern as shells know them, is that of something. */
function isThere(named: string): boolean {
  const pattern = named
    .replace(/[.,]+$/, '')
    // The end of a variable of a shell, or of an expression.
    .replace(/^[^{]*\}$/, (text) => text.slice(0, -1))
    .replaceAll(/[.+^$()|[\]\\]/g, String.raw`\$&`)
    .replaceAll('{', '(')
    .replaceAll('}', ')')
    .replaceAll(/(?<=\([^)]*),(?=[^(]*\))/g, '|')
    .replaceAll('**/', '(.*/)?')
    .replaceAll(/(?<![.)])\*/g, '[^/]*');
  const wanted = new RegExp(`^${pattern.replace(/\/$/, '')}/?$`);
  return THERE.some((path) => wanted.test(path));
}

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
/** But for files that the page has the reader add: `+++ PATH` starts those. */
const missingIn = (file: string): string[] =>
  [...read(file).matchAll(NAMED)]
    .map(([, named = '']) => named)
    .filter((named) => !isThere(named) && !read(file).includes(`\n+++ ${named}\n`))
    .map((named) => `${file}: ${named}`);

describe('files and folders that are named', () => {
  const config = THERE.filter(
    (path) =>
      /^(package|tsconfig.*|\.ox(?:lint|fmt)rc)\.json$|^[^/]+\.(js|cjs|yml|sh)$/.test(path) ||
      /^(\.ci|\.github|\.githooks|scripts|bench)\/.*[^/]$/.test(path),
  );
  for (const [where, files] of [
    ['the docs', docPages()],
    ['configuration and scripts', config],
  ] as const) {
    it(`in ${where} are there`, () => {
      assert.ok(files.length > 10);
      assert.deepEqual(files.flatMap(missingIn), [], 'expected none: paths that are not there');
    });
  }

  it('in docs/architecture.md, without their src/, are there', () => {
    const page = read('docs/architecture.md');
    const tree = [...page.matchAll(/^[├└]─ ([\w./ *]+?)(?= {2,})/gm)].flatMap(([, names = '']) =>
      names.split(' '),
    );
    const inText = [...page.matchAll(/`([a-z-]+\/[\w.-]*)`/g)].map(([, named = '']) => named);
    assert.ok(tree.length > 10 && inText.length > 20);
    const missing = [...tree, ...inText].filter(
      (named) => !isThere(`src/${named}`) && !isThere(named),
    );
    assert.deepEqual(missing, [], 'expected none: paths that are not there');
  });

  it('in the rules of dependency-cruiser match something', () => {
    interface Rule {
      from: Record<string, unknown>;
      to: Record<string, unknown>;
    }
    const { forbidden } = createRequire(import.meta.url)(
      join(ROOT, '.dependency-cruiser.cjs'),
    ) as { forbidden: Rule[] };
    const patterns = forbidden
      .flatMap(({ from, to }) => [from['path'], from['pathNot'], to['path'], to['pathNot']])
      .flat()
      .filter((pattern) => typeof pattern === 'string' && pattern.startsWith('^src/')) as string[];
    assert.ok(patterns.length > 10);
    const unmatched = patterns.filter(
      (pattern) => !THERE.some((path) => new RegExp(pattern).test(path)),
    );
    assert.deepEqual([...new Set(unmatched)], [], 'expected none: patterns that match no path');
    // Each folder of src has a rule, but for those that may import everything.
    const folders = new Set(
      THERE.filter((path) => /^src\/[^/]+\/$/.test(path)).map((path) => `^${path}`),
    );
    const without = [...folders].filter((path) => !patterns.includes(path));
    assert.deepEqual(without, ['^src/commands/']);
  });
});
