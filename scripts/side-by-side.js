// Runs npm scripts side by side, one for each processor, and prints what each has said once it has
// ended. Fails if any does.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { text } from 'node:stream/consumers';

const left = process.argv.slice(2).values();

async function worker() {
  for (const name of left) {
    const started = Date.now();
    // On Windows npm is a batch file, which takes a shell.
    const child = spawn(`npm run --silent ${name} 2>&1`, {
      shell: true,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [said, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
    if (code !== 0) process.exitCode = 1;
    console.log(
      `${said}${name}: ${code === 0 ? 'good' : 'FAILED'}, ${((Date.now() - started) / 1000).toFixed(0)} s`,
    );
  }
}

await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) }, worker));
