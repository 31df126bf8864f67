#!/usr/bin/env node
import module from 'node:module';

// Node 21, and 22 before 22.3, do not have it, and the bundle asks it for Node's own modules.
process.getBuiltinModule ??= module.createRequire(import.meta.url);
if (module.enableCompileCache) {
  const { keepCompiledCode } = await import('../dist/cli/compile-cache.js');
  await keepCompiledCode();
}
const { main } = await import('../dist/cli/main.js');
await main(import.meta.url);
