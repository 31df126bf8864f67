// Makes dist/ from src/, from nothing, so that a file that was deleted or renamed leaves no stale
// command behind: the command and the library as bundles (scripts/bundle.js), the licences of what
// is in them, the library's types, and help.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { register } from 'tsx/esm/api';
import { bundle, noticesOf } from './bundle.js';
import { makeTypes } from './types.js';

rmSync('dist', { recursive: true, force: true });
const bundled = bundle();
process.exitCode = makeTypes('dist/types');
writeFileSync('dist/THIRD-PARTY-NOTICES', noticesOf(await bundled));
register();
const { helpTexts } = await import('./help.ts');
const [manifest, pjson] = ['oclif.manifest.json', 'package.json'].map((file) =>
  JSON.parse(readFileSync(file, 'utf8')),
);
writeFileSync('dist/help.json', JSON.stringify(helpTexts(manifest, pjson)));
