import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readPage } from './doc-blocks.js';
import { ROOT } from './root.js';

/** The documents that comments cite, by the word that they are cited by. */
const PAGES: Readonly<Record<string, string>> = { design: 'docs/design.md', contract: 'docs/api-contract.md' };
const FOLDERS = ['src', 'test', 'bench', 'scripts'];
const COMMENT = /\/\*.*?\*\/|\/\/[^\n]*(?:\n\s*\/\/[^\n]*)*/gs;
/** What looks like a citation, in whatever form. */
const MENTION =
  /\((?:design|contract)\b[^)]*\)|\b(?:design|api-contract)\.md\b|\b(?:[Dd]esign|[Cc]ontract),? (?:"|promise)/g;
const FORM = /^\((design|contract), "([^"]+)"(?: (\d+(?: and \d+)*))?\)$/;

/** All files of code, from the root of the repository. */
export function codeFiles(): string[] {
  const files = FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { encoding: 'utf8', recursive: true }).map((name) => join(folder, name)),
  );
  return files.filter((file) => /\.[jt]s$/.test(file));
}

/** What a file's comments cite, each as it stands there; line breaks and the stars of comments are left out. */
export function citationsIn(file: string, text = readFileSync(join(ROOT, file), 'utf8')): string[] {
  const comments = [...text.matchAll(COMMENT)].map(([comment]) => comment.replaceAll(/\s*\n\s*(?:\*|\/\/) ?/g, ' '));
  return comments.flatMap((comment) => comment.match(MENTION) ?? []);
}

/** @returns what is wrong with a citation, or null */
export function flawOf(citation: string): string | null {
  const [, word = '', heading = '', numbers = ''] = FORM.exec(citation) ?? [];
  const page = PAGES[word];
  if (page === undefined) return `${citation}: say (design, "Heading") or (design, "Heading" 3)`;
  const section = sectionOf(readPage(page), heading);
  if (section === null) return `${citation}: ${page} has no such heading`;
  const missing = numbers.split(' and ').filter((number) => number !== '' && !section.includes(`\n${number}. `));
  return missing.length === 0 ? null : `${citation}: no ${missing.join(', ')} below that heading`;
}

/** What stands below a heading, up to the next. */
function sectionOf(page: string, heading: string): string | null {
  const sections = page.split(/^(?=#+ )/m);
  return sections.find((section) => section.split('\n', 1)[0]?.replace(/^#+ /, '') === heading) ?? null;
}
