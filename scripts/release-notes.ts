// Prints what CHANGELOG.md says of a version, `Unreleased`, or the newest: npm run --silent
// release-notes [VERSION]
import { readFileSync } from 'node:fs';

const sections = readFileSync('CHANGELOG.md', 'utf8')
  .split(/^## /m)
  .slice(1)
  .map((section) => ({
    name: /^\[?([^\]\s]+)/.exec(section)?.[1] ?? '',
    // The addresses of links stand below the last section.
    text: section
      .replace(/^.*\n/, '')
      .replace(/^\[[^\]]+\]: .*$/gm, '')
      .trim(),
  }));
const newest = sections.find(({ name }) => name !== 'Unreleased')?.name;
const wanted = process.argv[2]?.replace(/^v(?=\d)/, '') ?? newest ?? 'Unreleased';
const found = sections.find(({ name }) => name.toLowerCase() === wanted.toLowerCase());
if (found?.text) console.log(found.text);
else {
  console.error(
    `error: CHANGELOG.md says nothing of ${wanted}; it has ${sections.map(({ name }) => name).join(', ')}`,
  );
  process.exitCode = 2;
}
