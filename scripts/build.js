// Compiles src/ into dist/, from nothing, so that a file that was deleted or renamed leaves no stale command behind.
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';

rmSync('dist', { recursive: true, force: true });
const tsc = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json'], { stdio: 'inherit' });
process.exitCode = tsc.status ?? 1;
