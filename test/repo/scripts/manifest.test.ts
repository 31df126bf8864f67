import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { COMMANDS } from '../../../src/commands/table.shared.js';
import { ROOT } from '../../helpers/root.js';

it('the table of commands has every command of the manifest', () => {
  const { commands } = JSON.parse(readFileSync(join(ROOT, 'oclif.manifest.json'), 'utf8')) as {
    commands: object;
  };
  assert.deepEqual(Object.keys(COMMANDS).sort(), Object.keys(commands).sort());
});
