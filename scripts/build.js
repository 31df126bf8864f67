// Makes dist/ from src/, from nothing, so that a file that was deleted or renamed leaves no stale command behind: the
// command and the library as bundles (scripts/bundle.js), the licences of what is in them, and the library's types.
import { rmSync, writeFileSync } from 'node:fs';
import { bundle, noticesOf } from './bundle.js';
import { makeTypes } from './types.js';

rmSync('dist', { recursive: true, force: true });
const bundled = bundle();
process.exitCode = makeTypes('dist/types');
writeFileSync('dist/THIRD-PARTY-NOTICES', noticesOf(await bundled));
