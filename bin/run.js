#!/usr/bin/env node
import module from 'node:module';
import { tooOld } from './node-version.js';

const problem = tooOld(process.versions.node, '20.19');
if (problem === null) {
  // Node 21, and 22 before 22.3, do not have it, and the bundle asks it for Node's own modules.
  process.getBuiltinModule ??= module.createRequire(import.meta.url);
  if (module.enableCompileCache) {
    const { keepCompiledCode } = await import('../dist/cli/compile-cache.js');
    await keepCompiledCode();
  }
  const { main } = await import('../dist/cli/main.js');
  await main(import.meta.url);
} else {
  process.stderr.write(`${problem}\n`);
  process.exitCode = 2;
}
