import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Command } from '@oclif/core/command';
import type { Config as OclifConfig } from '@oclif/core/config';
import { EXIT_CODES } from './base/exit-codes.js';
import type { CommandLine } from './cli/argv.js';
import { readManifest, readPackage, systemHost, type Host, type Program } from './cli/host.js';

export { packageProgram } from './cli/host.js';

type CommandClass = new (argv: string[], config: OclifConfig, host: Host) => Command;
type CommandTable = Readonly<Record<string, () => Promise<{ default: CommandClass }>>>;

/** Every command by its id, each in a file that is loaded only for it. */
export const COMMANDS: CommandTable = {
  'activities:list': () => import('./commands/activities/list.js'),
  'activities:show': () => import('./commands/activities/show.js'),
  'activities:stats': () => import('./commands/activities/stats.js'),
  'activities:trigger': () => import('./commands/activities/trigger.js'),
  'activities:roll': () => import('./commands/activities/roll.js'),
  'activities:wait': () => import('./commands/activities/wait.js'),
  completion: () => import('./commands/completion.js'),
  'deployments:list': () => import('./commands/deployments/list.js'),
  help: () => import('./commands/help.js'),
  'nodes:list': () => import('./commands/nodes/list.js'),
  'profiles:add': () => import('./commands/profiles/add.js'),
  'profiles:list': () => import('./commands/profiles/list.js'),
  'profiles:remove': () => import('./commands/profiles/remove.js'),
  'profiles:show': () => import('./commands/profiles/show.js'),
  'profiles:update': () => import('./commands/profiles/update.js'),
  'profiles:use': () => import('./commands/profiles/use.js'),
  'sandbox:exec': () => import('./commands/sandbox/exec.js'),
  'sandbox:start': () => import('./commands/sandbox/start.js'),
  version: () => import('./commands/version.js'),
  whoami: () => import('./commands/whoami.js'),
};

/** What completion scripts call; in no help, and without oclif, since it is called for each Tab. */
const COMPLETE = '__complete';

/**
 * Runs the command line of this process. A command reports its own end and sets the exit code; what arrives here failed
 * before a command could begin.
 */
export async function main(program: Program, table = COMMANDS): Promise<void> {
  const argv = process.argv.slice(2);
  let made: Host | undefined;
  let flags: CommandLine['flags'] = [];
  const host = (): Host => (made ??= systemHost(program));
  const fail = async (error: unknown): Promise<void> => {
    const { askedOutput, printFailure } = await import('./cli/failure.js');
    process.exitCode = await printFailure(host(), error, askedOutput(flags));
  };
  // What waits for something that can no longer come keeps no process alive, and 0 would mean done.
  const endedEarly = (code: number): void => {
    if (code !== EXIT_CODES.done.code) return;
    process.exitCode = EXIT_CODES.fault.code;
    host().output.stderr.write('error: a fault in ldctl itself: it ended before the command did\n');
  };
  // What was thrown where nothing waits for it. Node would show the line it comes from, and in a bundle a line is long.
  const endByFault = async (error: unknown): Promise<never> => {
    await fail(error);
    await host().output.stderr.drained();
    process.exit();
  };
  process.once('exit', endedEarly).once('uncaughtException', (error) => void endByFault(error));
  try {
    // Scripts ask for the version often, and completion at each Tab: neither takes more than this.
    if (argv[0] === '--version' && argv.length === 1) {
      printVersion(host());
    } else if (argv[0] === COMPLETE) {
      const { answerCompletion } = await import('./cli/completion.js');
      await answerCompletion(host(), argv.slice(1));
    } else {
      const { commands } = readManifest(program);
      const [{ readCommandLine }, { askedOf }] = await Promise.all([import('./cli/argv.js'), import('./cli/usage.js')]);
      const line = readCommandLine(argv, commands);
      flags = line.flags;
      const asked = askedOf(line, commands);
      if ('version' in asked) printVersion(host());
      else if ('help' in asked) await (await import('./cli/help.js')).printHelp(host(), asked.help);
      else await runCommand(asked.id, asked.args, table, host);
    }
  } catch (error) {
    await fail(error);
  }
  const { stdout, stderr } = host().output;
  // A write that fails at once is told a turn later.
  await nextTurn();
  const [written] = await Promise.allSettled([stdout.drained(), stderr.drained()]);
  // A command has told it and set its exit code.
  if (written.status === 'rejected' && !process.exitCode) await fail(written.reason);
  process.removeListener('exit', endedEarly);
  // What has no reader would keep the process alive.
  if (stdout.closed || stderr.closed) process.exit();
}

/** In place of oclif's own `run`, which looks for plugins, the user's shell and folders that are of no use here. */
async function runCommand(id: string, args: string[], table: CommandTable, host: () => Host): Promise<void> {
  const [{ Config }, found] = await Promise.all([import('@oclif/core/config'), table[id]?.()]);
  if (!found) throw new Error(`the manifest has a command ${id}, and the program has none`);
  // oclif listens to stdout from the moment it is loaded, which is over when the host is made.
  const world = host();
  const pjson = readPackage(world.program);
  const { name, version } = pjson;
  const runHook = (): Promise<{ successes: []; failures: [] }> => Promise.resolve({ successes: [], failures: [] });
  const config = new Config({ root: world.program.root, pjson });
  Object.assign(config, { pjson, bin: 'ldctl', name, version, topicSeparator: ' ', runHook });
  await new (Object.assign(found.default, { id }))(args, config, world)['_run']();
}

/** As oclif has it; and whether this is the single executable. */
function printVersion({ program, output, platform }: Host): void {
  const { name, version } = readPackage(program);
  const kind = program.singleExecutable ? ' single-executable' : '';
  output.stdout.write(`${name}/${version} ${platform}-${process.arch} node-${process.version}${kind}\n`);
}
