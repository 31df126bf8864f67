import { setImmediate as nextTurn } from 'node:timers/promises';
import { EXIT_CODES } from './base/exit-codes.js';
import { readCommandLine, type ReadFlag } from './cli/line/argv.js';
import {
  assumeHome,
  readManifest,
  readPackage,
  systemHost,
  type Host,
  type Program,
} from './cli/host.js';
import type { CommandConfig } from './cli/base-command.js';
import { COMMANDS } from './commands/command-table.js';

export { packageProgram } from './cli/host.js';

/**
 * Runs the command line of this process. The host is made at its first use, with the flags that
 * were read by then.
 */
export async function main(program: Program, table = COMMANDS): Promise<void> {
  assumeHome();
  let made: Host | undefined;
  const host = (flags: readonly ReadFlag[] = []): Host => (made ??= systemHost(program, flags));
  const fail = async (error: unknown) => {
    process.exitCode = await reportFailure(host(), error);
  };
  // A promise that nothing can resolve any more keeps no process alive, and 0 would mean done.
  const onExit = (code: number) => {
    if (code !== EXIT_CODES.done.code) return;
    process.exitCode = codeOfFault(host());
    host().output.stderr.write('error: a bug in ldctl: it ended before the command did\n');
  };
  // An error that nothing waits for. Node would show the line it comes from, and a line of a bundle
  // is long.
  const onUncaught = async (error: unknown) => {
    // Another one may come at the same time, or from the report of this one.
    process.on('uncaughtException', () => undefined);
    process.exitCode = codeOfFault(host());
    try {
      await fail(error);
      await host().output.stderr.drained();
    } finally {
      process.exit();
    }
  };
  process.once('exit', onExit).once('uncaughtException', (error) => void onUncaught(error));
  const code = await runLine(process.argv.slice(2), program, host, table);
  // An error that nothing waits for may have set another one.
  if (code) process.exitCode = code;
  const { stdout, stderr } = host().output;
  // A write that fails at once reports that a turn later.
  await nextTurn();
  const [written] = await Promise.allSettled([stdout.drained(), stderr.drained()]);
  // A command that failed by it has reported it.
  if (written.status === 'rejected' && !process.exitCode) await fail(written.reason);
  process.removeListener('exit', onExit);
  // Text that no one reads any more would keep the process alive.
  if (stdout.gone.aborted || stderr.gone.aborted) process.exit();
}

/** @returns the exit code */
export async function runLine(
  argv: readonly string[],
  program: Program,
  openHost: (flags: readonly ReadFlag[]) => Host,
  table = COMMANDS,
) {
  let flags: ReadFlag[] = [];
  const host = (): Host => openHost(flags);
  try {
    // Scripts ask for the version often, and those of completion at each Tab: neither takes more
    // than this.
    if (argv[0] === '--version' && argv.length === 1) return printVersion(host());
    if (argv[0] === '__complete') {
      return await (
        await import('./cli/line/completion.js')
      ).answerCompletion(host(), argv.slice(1));
    }
    const { commands } = readManifest(program);
    const { readInvocation, withAdvice } = await import('./cli/line/usage.js');
    const line = readCommandLine(argv, commands);
    flags = line.flags;
    const asked = readInvocation(line, commands);
    if ('version' in asked) return printVersion(host());
    if ('help' in asked) {
      const { printHelp } = await import('./cli/line/help.js');
      return await printHelp(host(), asked.help);
    }
    const { id, args } = asked;
    const found = await table[id]?.();
    if (!found) throw new Error(`the manifest has a command ${id}, and the program has none`);
    // oclif listens to stdout from the moment it is loaded, which is over when the host is made.
    const world = host();
    return await new found.default(args, CONFIG, world).run().catch((error: unknown) => {
      throw withAdvice(error, id);
    });
  } catch (error) {
    return reportFailure(host(), error);
  }
}

/**
 * A command is run by itself, in place of oclif's own `run`, which looks for plugins, the user's shell
 * and folders that are of no use here: see docs/decisions/our-own-help-and-loader.md.
 */
const CONFIG: CommandConfig = {
  bin: 'ldctl',
  runHook: () => Promise.resolve({ successes: [], failures: [] }),
};

async function reportFailure(host: Host, error: unknown) {
  const { printFailure } = await import('./cli/failure.js');
  return printFailure(host, error);
}

/** 1 says that nothing was sent. */
const codeOfFault = ({ mayHaveSent }: Host) =>
  EXIT_CODES[mayHaveSent ? 'unconfirmed' : 'fault'].code;

/** As oclif has it; and whether this is the single executable. */
function printVersion({ program, output, platform }: Host) {
  const { name, version } = readPackage(program);
  const kind = program.singleExecutable ? ' single-executable' : '';
  output.stdout.write(
    `${name}/${version} ${platform}-${process.arch} node-${process.version}${kind}\n`,
  );
  return 0;
}
