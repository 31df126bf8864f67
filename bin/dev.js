#!/usr/bin/env node
// The same on plain sources: nothing but help needs to be built.
const { dirname } = require('node:path');

async function run() {
  const { register } = await import('tsx/esm/api');
  register();
  const { main, packageProgram } = await import('../src/main.ts');
  await main(packageProgram(dirname(__dirname)));
}

run();
