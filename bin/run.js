#!/usr/bin/env node
// CommonJS, as is all that it loads: Node starts faster without its loader of ES modules.
const { tooOld } = require('./node-version.js');

async function run() {
  keepCompiledCode(require('node:module'), process);
  const { dirname } = require('node:path');
  const { main, packageProgram } = require('../dist/main.cjs');
  await main(packageProgram(dirname(__dirname)));
}

/**
 * Has Node (22.8 and later) keep the compiled code of what is loaded from here on. What lies there
 * is run, so it lies in a folder that no one else can write to.
 */
function keepCompiledCode({ enableCompileCache }, { env, getuid }) {
  if (!enableCompileCache) return;
  const { existsSync, lstatSync, mkdirSync } = require('node:fs');
  const { isAbsolute, join } = require('node:path');
  try {
    const caches =
      env.XDG_CACHE_HOME || env.LOCALAPPDATA || join(require('node:os').homedir(), '.cache');
    // Whatever lies in the current folder must not be run.
    if (!isAbsolute(caches)) return;
    const own = join(caches, 'ldctl');
    const folder = join(own, 'compile-cache');
    // Not by `recursive`, which never ends where the system denies that the folder above is there.
    for (const one of [caches, own, folder]) if (!existsSync(one)) mkdirSync(one, { mode: 0o700 });
    const stats = lstatSync(folder);
    // Windows keeps no modes; sudo may keep the HOME of another user.
    const isOurs = !getuid || (stats.uid === getuid() && (stats.mode & 0o077) === 0);
    if (isOurs && stats.isDirectory()) enableCompileCache(folder);
  } catch {
    // A read-only home, or none: all that is lost is speed.
  }
}

const problem = tooOld(process.versions.node, '20.19');
if (problem === null) {
  run();
} else {
  process.stderr.write(`${problem}\n`);
  process.exitCode = 2;
}
