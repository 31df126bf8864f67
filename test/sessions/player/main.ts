/*
 * `npm run sessions`: plays the sessions whose names hold one of the given texts, by default all,
 * and shows what differs. With `--update` it writes them anew.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { lineDiff } from './diff.js';
import { sessionFiles } from './files.js';
import { ScriptError } from './script.js';
import { playSession } from './play.js';

const args = process.argv.slice(2);
const isUpdate = args.includes('--update');
const wanted = args.filter((arg) => !arg.startsWith('--'));
const files = sessionFiles().filter(
  ({ name }) => wanted.length === 0 || wanted.some((part) => name.includes(part)),
);
const say = (text: string): void => void process.stdout.write(`${text}\n`);

if (files.length === 0) fail(`there is no session ${wanted.join(', ')}`);
for (const { name, path } of files) {
  const written = readFileSync(path, 'utf8');
  try {
    const played = await playSession(written);
    const diff = lineDiff(written, played);
    if (diff === '') continue;
    if (isUpdate) writeFileSync(path, played);
    else process.exitCode = 1;
    say(`${name}${isUpdate ? ' is written anew' : ' differs'}:\n${diff}\n`);
  } catch (error) {
    fail(`${name}: ${error instanceof ScriptError ? error.message : inspect(error)}`);
  }
}
say(`${files.length} sessions`);

function fail(why: string): void {
  process.exitCode = 1;
  say(why);
}
