import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { Config } from '@oclif/core';
import { manPage } from '../../../scripts/man-page.js';

/** What a tool has to say of the page, line by line; null where the tool is not installed. */
function complaints(command: string, args: readonly string[], page: string): string[] | null {
  const { error, stdout, stderr } = spawnSync(command, args, { input: page, encoding: 'utf8' });
  return error ? null : `${stdout}${stderr}`.split('\n').filter(Boolean);
}

describe('the man page', () => {
  let config: Config;
  let page: string;

  before(async () => {
    config = await Config.load({ root: process.cwd(), devPlugins: false, userPlugins: false });
    page = manPage(config);
  });

  it('has every command, and each of its own flags', () => {
    const commands = config.commands.filter(({ hidden }) => !hidden);
    assert.ok(commands.length > 10);
    for (const { id, flags } of commands) {
      const [, text = ''] = page.split(new RegExp(`^\\.SS ldctl ${id.replaceAll(':', ' ')}\\b`, 'm'));
      const [section = ''] = text.split(/^\.S[SH] /m);
      const own = Object.entries(flags).filter(([, flag]) => !flag.hidden && flag.helpGroup !== 'GLOBAL');
      for (const [name] of own) assert.ok(section.includes(name.replaceAll('-', '\\-')), `${id} --${name}`);
    }
  });

  it('is plain ASCII, without templates and empty lines', () => {
    assert.match(page, /^[\n\x20-\x7e]+$/);
    assert.doesNotMatch(page, /<%|\n\n/);
  });

  it('is clean to groff', function () {
    const said = complaints('groff', ['-man', '-ww', '-z'], page);
    if (said === null) this.skip();
    assert.deepEqual(said, []);
  });

  it('is clean to mandoc, but for the date that it leaves out', function () {
    const said = complaints('mandoc', ['-Tlint'], page);
    if (said === null) this.skip();
    assert.deepEqual(
      said.filter((line) => !line.includes('missing date')),
      [],
    );
  });
});
