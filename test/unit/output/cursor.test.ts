import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const CHILD = fileURLToPath(new URL('support/live-child.ts', import.meta.url));
const HIDE = '\u001B[?25l';
const SHOW = '\u001B[?25h';

/** Ends a process in whose terminal a live view is shown, and gives what it wrote there. */
async function endedBy(end: { command: string } | { signal: NodeJS.Signals }): Promise<string> {
  const child = spawn(process.execPath, ['--import', 'tsx', CHILD], { stdio: ['pipe', 'ignore', 'pipe'] });
  let text = '';
  let asked = false;
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    if (asked || !text.includes('waiting')) return;
    asked = true;
    if ('command' in end) child.stdin.end(end.command);
    else child.kill(end.signal);
  });
  await once(child, 'close');
  return text;
}

describe('the cursor, hidden by a live view, comes back', function () {
  // Each starts a process, which takes what the machine takes.
  this.timeout(60_000);
  const ends = [
    { title: 'at process.exit', end: { command: 'exit' } },
    { title: 'after an error that nobody caught', end: { command: 'throw' } },
    // On Windows a signal ends a process without a word.
    ...(process.platform === 'win32' ? [] : (['SIGTERM', 'SIGQUIT'] as const)).map((signal) => ({
      title: `at ${signal}`,
      end: { signal },
    })),
  ];
  it('when the view is stopped, before the process ends', async () => {
    const [live = ''] = (await endedBy({ command: 'stop' })).split('stopped');
    assert.ok(live.lastIndexOf(SHOW) > live.lastIndexOf(HIDE));
  });

  for (const { title, end } of ends) {
    it(title, async () => {
      const text = await endedBy(end);
      assert.ok(text.includes(HIDE), 'it was hidden');
      assert.ok(text.lastIndexOf(SHOW) > text.lastIndexOf(HIDE), 'it was shown after that');
    });
  }
});
