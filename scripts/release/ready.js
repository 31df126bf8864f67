// Says what keeps a tag from being released, before anything is built: node scripts/release/ready.js TAG REPOSITORY
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

/**
 * @param tag such as `v1.2.0`
 * @param repository the one that the release is made in, such as `acme/ldctl`
 * @param files the texts of package.json and CHANGELOG.md
 * @returns what is wrong, a sentence each
 */
export function problemsOf(tag, repository, files) {
  const {
    version,
    repository: { url },
  } = JSON.parse(files.package);
  const expected = `git+https://github.com/${repository}.git`;
  return [
    ...(tag === `v${version}` ? [] : [`the tag is ${tag}, and package.json has version ${version}`]),
    ...(url === expected
      ? []
      : [`package.json has the repository ${url}: set repository.url to ${expected}, and run \`npm run generate\``]),
    ...(files.changelog.includes(`\n## [${version}]`)
      ? []
      : [`CHANGELOG.md has no heading [${version}]: [Unreleased] becomes it`]),
  ];
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [tag = '', repository = ''] = process.argv.slice(2);
  const files = { package: readFileSync('package.json', 'utf8'), changelog: readFileSync('CHANGELOG.md', 'utf8') };
  const problems = problemsOf(tag, repository, files);
  for (const problem of problems) console.error(`::error::${problem}`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
