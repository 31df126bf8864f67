import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type * as Interfaces from '@oclif/core/interfaces';
import { settleUser, systemHost, type Host } from './host.js';
import type { Typed } from './usage.js';

/** How oclif is to find what it runs; only the root counts where nothing else is said. */
export type Arrange = (root: string, pjson: Interfaces.PJSON) => Interfaces.LoadOptions;

/**
 * Runs one command line. A command reports its own end and sets the exit code; what arrives here failed before a
 * command could begin (an unknown command), or is oclif's way of ending early (help).
 * @param url `import.meta.url` of the file in `bin/`
 */
export async function main(url: string, arrange: Arrange = asBuilt): Promise<void> {
  const root = fileURLToPath(new URL('..', url));
  const pjson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Interfaces.PJSON;
  const argv = process.argv.slice(2);
  settleUser();
  // Scripts ask for the version often, and it does not take oclif to say it.
  const oclif = argv[0] === '--version' ? null : await import('./by-oclif.js');
  const host = systemHost();
  try {
    // The one hook is for this command, and a hook is looked for and loaded at the end of every command.
    if (argv[0] !== 'autocomplete') delete pjson.oclif.hooks;
    if (oclif) await oclif.run(argv, arrange(root, pjson));
    else host.output.stdout.write(`${versionText(pjson)}\n`);
  } catch (error) {
    await fail(host, error, argv, { known: () => commandNames(root) });
  }
  // A write that fails at once is told a turn later.
  await nextTurn();
  const [written] = await Promise.allSettled([host.output.stdout.drained(), host.output.stderr.drained()]);
  // A command has told it and set its exit code; oclif, which prints help and versions by itself, does neither.
  if (written.status === 'rejected' && !process.exitCode) await fail(host, written.reason, argv);
}

async function fail(host: Host, error: unknown, argv: readonly string[], typed?: Typed): Promise<void> {
  const [{ printFailure }, { askedOutput }] = await Promise.all([import('./failure.js'), import('./asked-output.js')]);
  process.exitCode = await printFailure(host, error, await askedOutput(argv), typed);
}

/** As they are typed; none where the manifest cannot be read. */
function commandNames(root: string): string[] {
  try {
    const { commands } = JSON.parse(readFileSync(join(root, 'oclif.manifest.json'), 'utf8')) as Interfaces.Manifest;
    return Object.keys(commands).map((id) => id.replaceAll(':', ' '));
  } catch {
    return [];
  }
}

/** As oclif has it. */
function versionText({ name, version }: Interfaces.PJSON): string {
  return `${name}/${version} ${process.platform}-${process.arch} node-${process.version}`;
}

/** Handing over what was read spares oclif looking for it. */
function asBuilt(root: string, pjson: Interfaces.PJSON): Interfaces.LoadOptions {
  return { root, pjson };
}
