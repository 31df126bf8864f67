import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join, posix, win32 } from 'node:path';
import { pathDelimiter, variable, type System } from '../system/environment.js';
import { findProgram } from '../system/find-program.js';
import { isWindows, type Platform } from '../system/platform.js';
import { endWindowsTree } from '../system/process-tree.js';
import { programStart } from '../system/start-program.js';
import { makeShim } from './shim.js';

export interface InsideOptions {
  /** The program and its arguments. */
  command: readonly [string, ...string[]];
  platform: Platform;
  /** The environment it would have without the sandbox. */
  inherited: NodeJS.ProcessEnv;
  /** What points it at the sandbox. */
  variables: Readonly<Record<string, string>>;
  /** How this very ldctl is run, as a program and its first arguments: what `ldctl` means to the command. */
  self: readonly string[];
}

export interface Ended {
  /** The program's own; 128 + n after signal n; 127 when it was not found and 126 when it could not be run. */
  exitCode: number;
  /** Why it could not be run. */
  notStarted?: string;
}

/** A terminal sends these to the program too, so that they are only waited out. Ctrl-Break is of Windows alone. */
const WAITED_OUT = ['SIGINT', 'SIGBREAK'] as const;
/** These reach this process alone. */
const FORWARDED = ['SIGTERM', 'SIGHUP'] as const;

/**
 * Runs a program in the sandbox's environment to its end, on this process's own stdin, stdout and stderr. It gets a
 * config folder of its own, gone afterwards: the user's profiles are neither seen nor touched.
 *
 * Its folder is made and removed synchronously while signals are held, so that none can end this process between the
 * two and leave the folder behind.
 */
export async function runInside(options: InsideOptions): Promise<Ended> {
  const { platform, command } = options;
  let child: ChildProcess | undefined;
  const forward = (signal: NodeJS.Signals): void => {
    if (child && isWindows(platform)) endWindowsTree(child, { platform, env: options.inherited });
    else child?.kill(signal);
  };
  const waitOut = (): void => undefined;
  for (const signal of WAITED_OUT) process.on(signal, waitOut);
  for (const signal of FORWARDED) process.on(signal, forward);

  let folder: string | null = null;
  try {
    folder = mkdtempSync(join(tmpdir(), 'ldctl-sandbox-'));
    const env = insideEnvironment(options, folder);
    return await endOf(() => {
      const { file, args, options: how } = programStart(command[0], command.slice(1), { platform, env });
      return (child = spawn(file, args, { ...how, stdio: 'inherit', env }));
    });
  } catch (error) {
    return noFolder(error);
  } finally {
    if (folder !== null) removeFolder(folder, platform);
    for (const signal of WAITED_OUT) process.off(signal, waitOut);
    for (const signal of FORWARDED) process.off(signal, forward);
  }
}

/** Windows keeps what a program still has open, which may be one that was left in the background: the system's to clear away. */
function removeFolder(folder: string, platform: Platform): void {
  try {
    rmSync(folder, { recursive: true, force: true, maxRetries: isWindows(platform) ? 5 : 0 });
  } catch (error) {
    if (!isWindows(platform)) throw error;
  }
}

function insideEnvironment({ platform, inherited, variables, self }: InsideOptions, folder: string): NodeJS.ProcessEnv {
  const config = join(folder, 'config');
  mkdirSync(config, { mode: 0o700 });
  // Both spellings are in use; a proxy could not reach this machine's loopback address.
  const noProxy = [inherited.no_proxy ?? inherited.NO_PROXY, '127.0.0.1'].filter(Boolean).join(',');
  const shim = makeShim(join(folder, 'bin'), wherever(self, { platform, env: inherited }), platform);
  return {
    ...inherited,
    ...variables,
    ...shim.variables,
    NO_PROXY: noProxy,
    no_proxy: noProxy,
    LDCTL_CONFIG_DIR: config,
    // Nothing is said about variables that hide what a profile says: these are meant to.
    LDCTL_IN_SANDBOX: '1',
    // Settings of the user's own that would mix with the sandbox's (design, "Commands").
    LD_API_KEY_FILE: undefined,
    LD_PROFILE: undefined,
    PATH: [shim.folder, variable({ platform, env: inherited }, 'PATH')].filter(Boolean).join(pathDelimiter(platform)),
  };
}

/**
 * A system without /proc knows a program by the word that started it, which inside would mean the shim, and that itself
 * without end.
 */
function wherever([program = '', ...args]: readonly string[], system: System): string[] {
  const path = isWindows(system.platform) ? win32 : posix;
  return [path.isAbsolute(program) ? program : path.resolve(findProgram(program, system) ?? program), ...args];
}

function endOf(start: () => ChildProcess): Promise<Ended> {
  return new Promise<Ended>((resolve, reject) => {
    const child = start();
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      resolve({ exitCode: signal === null ? (code ?? 0) : 128 + constants.signals[signal] });
    });
  }).catch(notStarted);
}

/** @throws what is no error of the system */
function notStarted(error: unknown): Ended {
  if (!isOfSystem(error)) throw error;
  const notFound = error.code === 'ENOENT';
  return { exitCode: notFound ? 127 : 126, notStarted: notFound ? 'command not found' : error.message };
}

/** @throws what is no error of the system */
function noFolder(error: unknown): Ended {
  if (!isOfSystem(error)) throw error;
  return { exitCode: 126, notStarted: `no temporary folder for it can be made (${error.message})` };
}

function isOfSystem(error: unknown): error is Error & { code: unknown } {
  return error instanceof Error && 'syscall' in error && 'code' in error;
}
