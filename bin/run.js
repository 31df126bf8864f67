#!/usr/bin/env node
import module from 'node:module';

if (module.enableCompileCache) {
  const { keepCompiledCode } = await import('../dist/cli/compile-cache.js');
  await keepCompiledCode();
}
const { main } = await import('../dist/cli/main.js');
await main(import.meta.url);
