// Says what keeps a tag from being released, before anything is built: node
// scripts/release/ready.js TAG REPOSITORY
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { outdatedNode } from '../newest-node.js';

const [tag = '', repository = ''] = process.argv.slice(2);
const project = JSON.parse(readFileSync('package.json', 'utf8'));
const url = `git+https://github.com/${repository}.git`;
const onMain = spawnSync('git', ['merge-base', '--is-ancestor', 'HEAD', 'origin/main'], {
  stdio: 'inherit',
});

const problems = [
  onMain.status !== 0 && `${tag} is not on main: only what was merged is released`,
  tag !== `v${project.version}` &&
    `the tag is ${tag}, and package.json has version ${project.version}`,
  project.repository.url !== url &&
    `package.json has the repository ${project.repository.url}: set repository.url to ${url}, and run \`npm run generate\``,
  !readFileSync('CHANGELOG.md', 'utf8').includes(`\n## [${project.version}]`) &&
    `CHANGELOG.md has no heading [${project.version}]: [Unreleased] becomes it`,
  outdatedNode(),
].filter(Boolean);
for (const problem of problems) console.error(`::error::${problem}`);
process.exitCode = problems.length === 0 ? 0 : 1;
