import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { run, type Interfaces } from '@oclif/core';
import { printFailure } from './failure.js';
import { systemHost } from './host.js';

/**
 * Runs one command line. A command reports its own end and sets the exit code; what arrives here failed before a
 * command could begin (an unknown command), or is oclif's way of ending early (help, version).
 * @param url `import.meta.url` of the file in `bin/`
 * @param options `sources`: find the commands in `src/`, with something at work that loads TypeScript
 */
export async function main(url: string, { sources = false } = {}): Promise<void> {
  const root = fileURLToPath(new URL('..', url));
  const argv = process.argv.slice(2);
  // oclif's own listener throws out of nowhere when stdout cannot be written; the sinks of `host.output` tell it.
  process.stdout.removeAllListeners('error');
  const host = systemHost();
  try {
    await run(argv, sources ? onSources(root) : { root });
  } catch (error) {
    process.exitCode = printFailure(host, error, argv);
  }
  // A write that fails at once is told a turn later.
  await nextTurn();
  const [written] = await Promise.allSettled([host.output.stdout.drained(), host.output.stderr.drained()]);
  // A command has told it and set its exit code; oclif, which prints help and versions by itself, does neither.
  if (written.status === 'rejected' && !process.exitCode) process.exitCode = printFailure(host, written.reason, argv);
}

/** `src/` as the root: the manifest that stands beside it speaks of files in `dist/`. */
function onSources(root: string): Interfaces.LoadOptions {
  const text = readFileSync(join(root, 'package.json'), 'utf8');
  return { root: join(root, 'src'), pjson: JSON.parse(text.replaceAll('"./dist/', '"./')) as Interfaces.PJSON };
}
