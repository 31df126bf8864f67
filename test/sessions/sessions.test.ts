import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { lineDiff } from './player/diff.js';
import { itOnPosix } from '../helpers/platform.js';
import { sessionFiles } from './player/files.js';

// Mocha loads a test by `require`. What ldctl loads later, by `import()`, would be other modules, with
// classes of their own.
const { playSession } = await import('./player/play.js');

/*
 * What a user sees: each session is played, and has to come out as it is written, letter for letter.
 */
/** Windows has another error for it. */
const ON_POSIX = 'profiles/a-folder-below-a-file';

describe('a session', () => {
  for (const { name, path } of sessionFiles()) {
    const test = async (): Promise<void> => {
      const written = readFileSync(path, 'utf8');
      const played = await playSession(written);
      const diff = lineDiff(written, played);
      if (diff === '') return;
      const update = `npm run sessions -- --update ${name}`;
      assert.fail(`not as it is written:\n${diff}\nIf it should be so: ${update}`);
    };
    if (name === ON_POSIX) itOnPosix(name, 'a file is no folder there', test);
    else it(name, test);
  }
});
