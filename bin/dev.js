#!/usr/bin/env node
// The same on plain sources: nothing needs to be built.
import { join } from 'node:path';
import { register } from 'tsx/esm/api';

/** `src/` as the root: the manifest that stands beside it speaks of files in `dist/`, and of what is bundled there. */
function onSources(root, pjson) {
  const { oclif, dependencies, devDependencies } = JSON.parse(JSON.stringify(pjson).replaceAll('"./dist/', '"./'));
  return {
    root: join(root, 'src'),
    pjson: {
      ...pjson,
      dependencies: { ...dependencies, ...devDependencies },
      oclif: { ...oclif, plugins: ['@oclif/plugin-help', '@oclif/plugin-autocomplete'] },
    },
  };
}

register();
const { main } = await import('../src/cli/main.ts');
await main(import.meta.url, onSources);
