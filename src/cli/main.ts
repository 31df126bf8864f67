import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Manifest, PJSON, Plugin } from '@oclif/core/interfaces';
import { EXIT_CODES } from '../base/exit-codes.js';
import { PLATFORM } from '../system/platform.js';
import type { CommandLine } from './argv.js';
import { readManifest } from './command-table.js';
import { settleUser, startSystemHost, type Host } from './host.js';
import type { Program } from './program.js';

/** All commands, as oclif wants to have them. */
export type MakePlugin = (program: Program, pjson: PJSON) => Plugin | Promise<Plugin>;

/** What completion scripts call; in no help, and without oclif, since it is called for each Tab. */
const COMPLETE = '__complete';

/**
 * Runs the command line of this process. A command reports its own end and sets the exit code; what arrives here failed
 * before a command could begin (an unknown command), or is oclif's way of ending early (help).
 */
export async function runCommandLine(program: Program, makePlugin: MakePlugin): Promise<void> {
  const endedEarly = (code: number): void => tellEarlyEnd(code, program);
  let line: CommandLine | null = null;
  process.once('exit', endedEarly).once('uncaughtException', (error) => void endByFault(error, program, line));
  const pjson = JSON.parse(program.read('package.json')) as PJSON;
  const argv = process.argv.slice(2);
  settleUser();
  let host: Host | null = null;
  try {
    // Scripts ask for the version often, and it does not take oclif to say it.
    if (argv[0] === '--version') {
      host = startSystemHost(program);
      host.output.stdout.write(`${versionText(pjson, program)}\n`);
    } else if (argv[0] === COMPLETE) {
      host = startSystemHost(program);
      await answerShell(host, argv.slice(1), readManifest(program));
    } else {
      const { commands } = readManifest(program);
      const [{ readCommandLine }, { askedOf }, oclif] = await Promise.all([
        import('./argv.js'),
        import('./usage.js'),
        import('./run-by-oclif.js'),
      ]);
      line = readCommandLine(argv, commands);
      host = startSystemHost(program);
      const asked = askedOf(line, commands);
      if ('version' in asked) host.output.stdout.write(`${versionText(pjson, program)}\n`);
      else await oclif.runByOclif(asked, await makePlugin(program, pjson));
    }
  } catch (error) {
    await fail(host ?? startSystemHost(program), error, line);
  }
  host ??= startSystemHost(program);
  // A write that fails at once is told a turn later.
  await nextTurn();
  const [written] = await Promise.allSettled([host.output.stdout.drained(), host.output.stderr.drained()]);
  // A command has told it and set its exit code; oclif, which prints help and versions by itself, does neither.
  if (written.status === 'rejected' && !process.exitCode) await fail(host, written.reason, line);
  process.removeListener('exit', endedEarly);
  // What nobody reads would keep the process alive.
  if (host.output.stdout.closed || host.output.stderr.closed) process.exit();
}

/** What waits for something that can no longer come keeps no process alive, and 0 would mean done. */
function tellEarlyEnd(code: number, program: Program): void {
  if (code !== EXIT_CODES.done.code) return;
  process.exitCode = EXIT_CODES.fault.code;
  startSystemHost(program).output.stderr.write('error: a fault in ldctl itself: it ended before the command did\n');
}

/** What was thrown where nothing waits for it. Node would show the line it comes from, and in a bundle a line is long. */
async function endByFault(error: unknown, program: Program, line: CommandLine | null): Promise<never> {
  const host = startSystemHost(program);
  await fail(host, error, line);
  await host.output.stderr.drained();
  process.exit();
}

async function fail(host: Host, error: unknown, line: CommandLine | null): Promise<void> {
  const { askedOutput, printFailure } = await import('./failure.js');
  process.exitCode = await printFailure(host, error, askedOutput(line?.flags ?? []));
}

async function answerShell(host: Host, words: readonly string[], { commands }: Manifest): Promise<void> {
  const { answerCompletion } = await import('./completion/answer.js');
  await answerCompletion(host, words, commands);
}

/** As oclif has it; and whether this is the single executable. */
function versionText({ name, version }: PJSON, { singleExecutable }: Program): string {
  return `${name}/${version} ${PLATFORM}-${process.arch} node-${process.version}${singleExecutable ? ' single-executable' : ''}`;
}
