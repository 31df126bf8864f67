import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { execa, type ResultPromise } from 'execa';
import { BaseCommand } from '../../cli/base-command.js';
import type { Host } from '../../cli/host.js';
import { isInteractive } from '../../cli/asking/prompts.js';
import { UsageError } from '../../base/errors.js';
import { sandboxFlags, sandboxOf } from './start.js';

/** Signals that a terminal does not send to CMD as well. */
const FORWARDED = ['SIGTERM', 'SIGHUP'] as const;

export default class SandboxExec extends BaseCommand {
  static override summary =
    'Run a command against a local LaserData sandbox, and exit with its code.';
  static override description =
    'CMD runs with LD_API_KEY, LD_TENANT_ID, LD_DEPLOYMENT_ID and the rest set for the sandbox, an empty config folder, ' +
    "and this same ldctl first on its PATH. Your own profiles are not touched. The exit code is CMD's.";
  static override usage = 'sandbox exec [FLAGS] -- CMD…';
  static override examples = [
    'ldctl sandbox exec -- ldctl activities trigger iggy restart --yes',
    'ldctl sandbox exec --reject 2 -- ldctl activities trigger iggy restart --yes',
  ];
  // So that `exec CMD` without the dashes arrives here, and gets a hint about them.
  static override strict = false;
  static override flags = sandboxFlags;

  protected override async execute() {
    // The terminal sends its signals to CMD as well, and CMD decides what becomes of them.
    this.interrupts.release();
    // What comes after `--` is the command's own, flags and all.
    const dashes = this.argv.includes('--') ? this.argv.indexOf('--') : this.argv.length;
    const [program, ...args] = this.argv.slice(dashes + 1);
    const { flags, argv: misplaced } = await this.parse(SandboxExec, this.argv.slice(0, dashes));
    if (program === undefined || misplaced.length > 0) {
      throw new UsageError('give the command after two dashes', {
        hint: `Write: ldctl sandbox exec -- ${misplaced.join(' ') || 'CMD…'}`,
      });
    }
    const sandbox = await sandboxOf(flags);
    const isShell = args.length === 0 && /(sh|cmd)(\.exe)?$/i.test(program);
    if (isShell && isInteractive(this.host) && !this.host.output.options.quiet) {
      const where = `LaserData sandbox at ${sandbox.env.LD_API_URL}; type exit to leave`;
      this.host.output.stderr.write(`${where}\n`);
    }
    try {
      return await runInside([program, ...args], sandbox.env, this.host);
    } finally {
      await sandbox.stop();
    }
  }
}

/**
 * Runs a program to its end, on this process's own stdin, stdout and stderr. It gets a config
 * folder of its own, gone afterwards: the user's profiles are neither seen nor touched. That folder
 * is made and removed synchronously while signals are held, so that none can end this process
 * in between and leave the folder on the disk.
 * @returns its exit code; 128 + n after signal n; 127 when it was not found (on Windows the 1 of
 * cmd, which starts what is not an executable) and 126 when it could not be run
 */
async function runInside(
  command: readonly [string, ...string[]],
  variables: Readonly<Record<string, string>>,
  host: Host,
) {
  let child: ResultPromise | undefined;
  const forward = (signal: NodeJS.Signals) => void child?.kill(signal);
  const waitOut = () => undefined;
  // A terminal sends it to the program too.
  process.on('SIGINT', waitOut);
  for (const signal of FORWARDED) process.on(signal, forward);
  const folder = mkdtempSync(join(tmpdir(), 'ldctl-sandbox-'));
  try {
    const env = insideEnvironment(folder, variables, host);
    // By way of the shim, it would need /bin/sh and a folder that programs may be in; on Windows
    // Ctrl-C would be cmd's.
    const [program = '', ...args] =
      command[0] === 'ldctl' ? [...host.program.command, ...command.slice(1)] : command;
    child = execa(program, args, {
      stdio: 'inherit',
      env,
      reject: false,
      cleanup: false,
    });
    const [exitCode, problem] = exitOf(await child);
    if (problem !== null) host.output.stderr.write(`${command[0]}: ${problem}\n`);
    return exitCode;
  } finally {
    removeFolder(folder);
    process.off('SIGINT', waitOut);
    for (const signal of FORWARDED) process.off(signal, forward);
  }
}

// What some versions of cmd end with where they find no program. For a 1 execa looks itself.
const UNKNOWN_TO_CMD = 9009;

/** @returns the exit code, as a shell gives it, and why the program could not be run; else null */
function exitOf(ended: Awaited<ResultPromise>): [exitCode: number, problem: string | null] {
  const { exitCode, signal, code, originalMessage } = ended;
  if (code === 'ENOENT' || exitCode === UNKNOWN_TO_CMD) return [127, 'command not found'];
  if (exitCode !== undefined) return [exitCode, null];
  if (signal !== undefined) return [128 + constants.signals[signal], null];
  return [126, originalMessage ?? ''];
}

function removeFolder(folder: string) {
  try {
    rmSync(folder, { recursive: true, maxRetries: 5 });
  } catch {
    // Windows keeps what a program that was left in the background has open: the system's to clear
    // away.
  }
}

function insideEnvironment(
  folder: string,
  variables: Readonly<Record<string, string>>,
  host: Host,
): NodeJS.ProcessEnv {
  const inherited = host.env;
  const config = join(folder, 'config');
  mkdirSync(config, { mode: 0o700 });
  // Both spellings are in use; a proxy could not reach this machine's loopback address.
  const noProxy = [inherited.no_proxy ?? inherited.NO_PROXY, '127.0.0.1'].filter(Boolean).join(',');
  const shim = join(folder, 'bin');
  return {
    ...inherited,
    ...variables,
    ...makeShim(shim, host.program.command),
    NO_PROXY: noProxy,
    no_proxy: noProxy,
    LDCTL_CONFIG_DIR: config,
    // Settings of the user's own that would mix with the sandbox's.
    LD_API_KEY_FILE: undefined,
    LD_PROFILE: undefined,
    PATH: [shim, inherited.PATH].filter(Boolean).join(delimiter),
  };
}

/**
 * Makes a folder with an `ldctl` in it, so that the word means this one, on a checkout that is not
 * installed too: a script, and a batch file for Windows. A batch file is read in the console's code
 * page, which may not have the letters of a path, so that the words are in variables.
 * @returns the variables
 */
function makeShim(folder: string, command: readonly string[]) {
  mkdirSync(folder, { mode: 0o700 });
  const variables = Object.fromEntries(command.map((word, at) => [`LDCTL_SELF_${at}`, word]));
  const names = Object.keys(variables);
  const script = `#!/bin/sh\nexec ${names.map((name) => `"$${name}"`).join(' ')} "$@"\n`;
  writeFileSync(join(folder, 'ldctl'), script, { mode: 0o700 });
  const batch = `@${names.map((name) => `"%${name}%"`).join(' ')} %*\r\n`;
  writeFileSync(join(folder, 'ldctl.cmd'), batch, { mode: 0o700 });
  return variables;
}
