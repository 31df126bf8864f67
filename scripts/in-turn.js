// Runs npm scripts one after the other, all of them, and then says which failed.
import { spawnSync } from 'node:child_process';

const failed = process.argv.slice(2).filter((name) => {
  // On Windows npm is a batch file, which takes a shell.
  const { status } = spawnSync(`npm run --silent ${name}`, { shell: true, stdio: 'inherit' });
  return status !== 0;
});
if (failed.length > 0) {
  console.error(`FAILED: ${failed.join(', ')}`);
  process.exitCode = 1;
}
