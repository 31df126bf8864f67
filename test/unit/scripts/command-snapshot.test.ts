import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Interfaces } from '@oclif/core';
import { changesBetween, commandLines, type CommandShape } from '../../../scripts/command-snapshot.js';
import { sourcePlugin } from '../../../scripts/source-plugin.js';
import { ROOT } from '../../helpers/root.js';

const SNAPSHOT = 'test/snapshots/commands.txt';

const ROOT_PACKAGE = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Interfaces.PJSON;

const command = (fields: Partial<CommandShape> = {}): CommandShape => ({
  id: 'nodes:list',
  aliases: [],
  args: {},
  flags: { all: { name: 'all', type: 'boolean', char: 'a', allowNo: true } },
  ...fields,
});

describe('the commands', function () {
  this.timeout(60_000);

  it('and their arguments and flags are those that scripts were written for', async () => {
    const before = readFileSync(join(ROOT, SNAPSHOT), 'utf8').trimEnd().split('\n');
    const { gone, added } = changesBetween(
      before,
      commandLines((await sourcePlugin({ root: ROOT }, ROOT_PACKAGE)).commands),
    );
    assert.ok(
      gone.length === 0 && added.length === 0,
      [
        'The commands are not as they were.',
        ...(gone.length > 0 ? ['Gone or changed, which breaks scripts that use it:', ...gone] : []),
        ...(added.length > 0 ? ['New:', ...added] : []),
        `If that is meant: npm run build && npm run generate, commit ${SNAPSHOT}, and say it in CHANGELOG.md.`,
      ].join('\n  '),
    );
  });
});

describe('a list of commands', () => {
  it('has a line for each command, argument and flag, with all that a script relies on', () => {
    const lines = commandLines([
      command({
        args: { id: { name: 'id', required: true } },
        flags: {
          since: { name: 'since', type: 'option', helpValue: 'TIME', summary: 'Not older. [default: 2h]' },
          output: { name: 'output', type: 'option', char: 'o', options: ['a', 'b'], default: 'a', aliases: ['format'] },
          node: { name: 'node', type: 'option', multiple: true, required: true, hidden: true, exclusive: ['all'] },
          all: { name: 'all', type: 'boolean', allowNo: true },
        },
      }),
      command({ id: 'login', aliases: ['in'], hidden: true, strict: false, flags: {} }),
    ]);
    assert.deepEqual(lines, [
      'login: command, aliases in, any arguments, hidden',
      'nodes list: command',
      'nodes list ID: argument, required',
      'nodes list --all: flag, switch, with --no-',
      'nodes list --node: flag, takes a value, repeatable, required, not with all, hidden',
      'nodes list --output: flag, -o, takes a value, one of a|b, default a, aliases --format',
      'nodes list --since: flag, takes TIME, default 2h',
    ]);
  });

  it('differs when a flag is renamed, loses its letter, or has another default', () => {
    const before = commandLines([command()]);
    const renamed = commandLines([
      command({ flags: { every: { name: 'every', type: 'boolean', char: 'a', allowNo: true } } }),
    ]);
    assert.deepEqual(changesBetween(before, renamed), {
      gone: ['nodes list --all: flag, -a, switch, with --no-'],
      added: ['nodes list --every: flag, -a, switch, with --no-'],
    });
    const letterless = commandLines([command({ flags: { all: { name: 'all', type: 'boolean', allowNo: true } } })]);
    assert.deepEqual(changesBetween(before, letterless).gone, ['nodes list --all: flag, -a, switch, with --no-']);
    assert.deepEqual(changesBetween(before, before), { gone: [], added: [] });
  });
});
