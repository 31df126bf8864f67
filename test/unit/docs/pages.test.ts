import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { docPages, readPage } from '../../helpers/docs.js';
import { ROOT } from '../../helpers/root.js';

const LINK = /\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/g;
const EXAMPLES = /^EXAMPLES\n(.*?)\n(?=```|\n)/gms;

/** The anchors that GitHub gives to the headings of a page. */
function anchorsOf(page: string): string[] {
  const text = readPage(page).replaceAll(/^```.*?^```/gms, '');
  const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading.toLowerCase());
  return headings.map((heading) => heading.replaceAll(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-'));
}

describe('README, CONTRIBUTING and docs', () => {
  it('link to files that are there, and to headings in them', () => {
    const broken = docPages().flatMap((page) =>
      [...readPage(page).matchAll(LINK)].flatMap(([link, path = '', anchor]) => {
        const target = path === '' ? page : normalize(join(dirname(page), path));
        const leads = existsSync(join(ROOT, target)) && (anchor === undefined || anchorsOf(target).includes(anchor));
        return leads ? [] : [`${page}: ${link}`];
      }),
    );
    assert.deepEqual(broken, []);
  });

  it('break no line of an example within quotes, and need no single ones, which cmd does not know', () => {
    const pages = readdirSync(join(ROOT, 'docs/commands')).map((name) => readPage(`docs/commands/${name}`));
    const lines = pages.flatMap((page) => [...page.matchAll(EXAMPLES)].flatMap(([, text = '']) => text.split('\n')));
    assert.ok(lines.some((line) => line.includes('"op read op://ops/laserdata/key"')));
    for (const line of lines) {
      assert.equal(line.split('"').length % 2, 1, line);
      assert.doesNotMatch(line, /^ +\$?.* '/);
    }
  });
});
