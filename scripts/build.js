// Makes dist/ from src/, from nothing, so that a file that was deleted or renamed leaves no stale command behind: the
// command as a bundle (scripts/bundle.js), and the types of `ldctl/client`.
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { bundle } from './bundle.js';

rmSync('dist', { recursive: true, force: true });
await bundle();
const tsc = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.client.json'], { stdio: 'inherit' });
process.exitCode = tsc.status ?? 1;
