#!/usr/bin/env node
// The same on plain sources: nothing needs to be built.
const { dirname } = require('node:path');

async function run() {
  const { register } = await import('tsx/esm/api');
  register();
  const { runCommandLine } = await import('../src/cli/main.ts');
  const { packageProgram } = await import('../src/cli/program.ts');
  const { sourcePlugin } = await import('../scripts/source-plugin.ts');
  await runCommandLine(packageProgram(dirname(__dirname)), sourcePlugin);
}

run();
