import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeModule } from '../helpers/doc-programs.js';
import { cleanEnvironment, Run } from '../helpers/ldctl.js';
import { ROOT } from '../helpers/root.js';
import { sideBySide } from '../helpers/side-by-side.js';

const SHOWS = join(ROOT, 'test/package/shows');

/** What each ends with: the process is over when the last promise is. */
const EPILOGUE = `
const over = performance.now();
process.once('exit', () => {
  if (performance.now() - over > 1000) throw new Error('something kept the process alive');
});
`;

/** Programs of others: each asserts what it shows, prints nothing, and ends by itself. */
describe('a program that imports the library', function () {
  this.timeout(300_000);

  sideBySide(Object.fromEntries(readdirSync(SHOWS).map((name) => [name.replace(/\.ts$/, ''), () => run(name)])), 4);
});

async function run(name: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'ldctl-show-'));
  try {
    const program = writeModule(folder, readFileSync(join(SHOWS, name), 'utf8') + EPILOGUE);
    const { code, stdout, stderr } = await new Run(process.execPath, [program], cleanEnvironment(folder))
      .input()
      .ended();
    assert.deepEqual([code, stdout, stderr], [0, '', '']);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
