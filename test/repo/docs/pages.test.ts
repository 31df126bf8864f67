import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { ENVIRONMENT } from '../../../scripts/environment.js';
import { docPages, readPage } from '../../helpers/docs.js';
import { ROOT } from '../../helpers/root.js';

const PICTURE = /!\[([^\]]*)\]\(([^)]*)\)/g;
const LINK = /\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/g;

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
    assert.deepEqual(broken, [], 'expected none: links that lead nowhere');
  });

  it('show every picture, and say what is seen on it', () => {
    const shown = docPages().flatMap((page) =>
      [...readPage(page).matchAll(PICTURE)].map(([, seen = '', path = '']) => {
        assert.ok(seen.length > 60, `${page}: ${path}`);
        return normalize(join(dirname(page), path));
      }),
    );
    const made = readdirSync(join(ROOT, 'docs/pictures')).map((name) => join('docs/pictures', name));
    assert.deepEqual(shown.sort(), made.sort());
  });

  it('list every variable that ldctl reads', () => {
    const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' });
    const read = sources
      .filter((name) => name.endsWith('.ts'))
      .flatMap((name) => readPage(join('src', name)).match(/\bLD_[A-Z_]*[A-Z]\b/g) ?? []);
    const listed = ENVIRONMENT.map(([name]) => name).filter((name) => name.startsWith('LD_'));
    assert.deepEqual([...new Set(read)].sort(), listed.sort());
  });

  it('have a skill for agents that is short, and that `ldctl help agents` prints', () => {
    const lines = readPage('skills/ldctl/SKILL.md').trimEnd().split('\n');
    assert.ok(lines.length <= 120, `${lines.length} lines`);
    assert.match(lines.slice(0, 3).join('\n'), /^---\nname: ldctl\ndescription: \S/);
    const { agents = '' } = JSON.parse(readPage('dist/help.json')) as Record<string, string>;
    const printed = lines.slice(lines.indexOf('# ldctl for agents')).filter((line) => !line.startsWith('<!--'));
    assert.equal(agents.trimEnd(), printed.join('\n'));
  });

  it('give a key that stays when a job is retried', () => {
    // GitLab gives a retried job a new id, GitHub a re-run a new attempt.
    const changing = /--idempotency-key "[^"]*(?:CI_JOB_ID|GITHUB_RUN_ATTEMPT)/;
    const pages = [...docPages(), 'action.yml', 'examples/gitlab-ci.yml', 'oclif.manifest.json'];
    const wrong = pages.filter((page) => changing.test(readPage(page).replaceAll('\\"', '"')));
    assert.deepEqual(wrong, [], 'expected none: pages with a key of another kind');
  });
});
