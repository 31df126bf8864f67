import assert from 'node:assert/strict';
import { Run } from '../helpers/ldctl.js';
import { loadedByNode } from '../helpers/loaded.js';

/** What the command line is made of, and no program that imports the library has a use for. */
const TERMINAL = /^(@oclif\/|@inquirer\/|(cli-table3|inquirer|ora|log-update|csv-stringify|yaml)$)/;

describe('importing the library', function () {
  this.timeout(120_000);

  for (const entry of ['ldctl', 'ldctl/client', 'ldctl/sandbox']) {
    it(`${entry} loads nothing of what only the command line needs`, async () => {
      const { packages, modules } = await loadedByNode(evaluating(`import '${entry}'`), {});
      assert.ok(modules > 0);
      assert.deepEqual(
        [...packages].filter((name) => TERMINAL.test(name)),
        [],
      );
    });

    it(`${entry} runs nothing: no output, no listener, no global, nothing that keeps the process alive`, async () => {
      const program = `const names = () => [...process.eventNames(), ...Reflect.ownKeys(globalThis)].map(String);
        const before = names();
        await import('${entry}');
        const added = names().filter((name) => !before.includes(name));
        if (added.length > 0) throw new Error(added.join());`;
      const { code, stdout, stderr } = await new Run(process.execPath, evaluating(program), {}).input().ended();
      assert.deepEqual([code, stdout, stderr], [0, '', '']);
    });
  }
});

/** The tests run in the package, which can import itself by its name. */
function evaluating(program: string): string[] {
  return ['--no-warnings', '--input-type=module', '-e', program];
}
