// Prints what CHANGELOG.md says of a version: npm run --silent release-notes [VERSION]
import { readFileSync } from 'node:fs';
import { releaseNotes } from './changelog.js';

try {
  console.log(releaseNotes(readFileSync('CHANGELOG.md', 'utf8'), process.argv[2]));
} catch (error) {
  console.error(`error: CHANGELOG.md: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 2;
}
