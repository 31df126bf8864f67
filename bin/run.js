#!/usr/bin/env node
// CommonJS, as is all that it loads: Node starts faster without its loader of ES modules (docs/performance.md).
const { tooOld } = require('./node-version.js');

async function run() {
  const { enableCompileCache } = require('node:module');
  if (enableCompileCache) await require('../dist/compile-cache.cjs').keepCompiledCode();
  const { dirname } = require('node:path');
  const { main, packageProgram } = require('../dist/main.cjs');
  await main(packageProgram(dirname(__dirname)));
}

const problem = tooOld(process.versions.node, '20.19');
if (problem === null) {
  run();
} else {
  process.stderr.write(`${problem}\n`);
  process.exitCode = 2;
}
