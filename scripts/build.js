// Makes dist/ from src/, from nothing, so that a file that was deleted or renamed leaves no stale command behind: the
// command and the library as bundles (scripts/bundle.js), and the library's types (scripts/types.js).
import { rmSync } from 'node:fs';
import { bundle } from './bundle.js';
import { makeTypes } from './types.js';

rmSync('dist', { recursive: true, force: true });
const bundled = bundle();
process.exitCode = makeTypes('dist/types');
await bundled;
