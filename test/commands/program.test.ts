import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { singleExecutable } from '../../src/binary/program.js';
import Completion from '../../src/commands/completion.js';
import Version from '../../src/commands/version.js';
import { CommandBench, type CommandEnd } from '../helpers/command.js';
import { ROOT } from '../helpers/root.js';

type Ask = (...args: Parameters<CommandBench['run']>) => Promise<CommandEnd>;

describe('a command of the package, and of a single executable', () => {
  const asset = (name: string): string => `what ${name} holds`;

  async function play(isExecutable: boolean, ask: (run: Ask) => Promise<void>): Promise<void> {
    const bench = new CommandBench();
    if (isExecutable) bench.program = singleExecutable(asset, '/opt/ldctl');
    try {
      await ask((...args) => bench.run(...args));
    } finally {
      bench.close();
    }
  }

  for (const isExecutable of [false, true]) {
    it(`says which it is: ${isExecutable ? 'an executable' : 'the package'}`, () =>
      play(isExecutable, async (run) => {
        const { code, stdout } = await run(Version, '-o', 'json');
        assert.equal(code, 0);
        assert.equal((JSON.parse(stdout) as { single_executable: boolean }).single_executable, isExecutable);
      }));

    it(`takes scripts for shells from where it has them: ${isExecutable ? 'in itself' : 'beside'}`, () =>
      play(isExecutable, async (run) => {
        const { stdout } = await run(Completion, 'fish');
        const file = 'completions/ldctl.fish';
        assert.equal(stdout, isExecutable ? asset(file) : readFileSync(join(ROOT, file), 'utf8'));
      }));
  }
});
