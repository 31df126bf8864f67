import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { shellQuoted } from './shell.js';

export interface InsideOptions {
  /** The program and its arguments. */
  command: readonly [string, ...string[]];
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

/** A terminal sends SIGINT to the program too, so that one is only waited out. These reach this process alone. */
const FORWARDED = ['SIGTERM', 'SIGHUP'] as const;

/**
 * Runs a program in the sandbox's environment to its end, on this process's own stdin, stdout and stderr. It gets a
 * config folder of its own, gone afterwards: the user's profiles are neither seen nor touched.
 *
 * Its folder is made and removed synchronously while signals are held, so that none can end this process between the
 * two and leave the folder behind.
 */
export async function runInside(options: InsideOptions): Promise<Ended> {
  let child: ChildProcess | undefined;
  const forward = (signal: NodeJS.Signals): void => void child?.kill(signal);
  const waitOut = (): void => undefined;
  process.on('SIGINT', waitOut);
  for (const signal of FORWARDED) process.on(signal, forward);

  const folder = mkdtempSync(join(tmpdir(), 'ldctl-sandbox-'));
  try {
    const [program, ...args] = options.command;
    child = spawn(program, args, { stdio: 'inherit', env: insideEnvironment(options, folder) });
    return await endOf(child);
  } finally {
    rmSync(folder, { recursive: true, force: true });
    process.off('SIGINT', waitOut);
    for (const signal of FORWARDED) process.off(signal, forward);
  }
}

function insideEnvironment({ inherited, variables, self }: InsideOptions, folder: string): NodeJS.ProcessEnv {
  const config = join(folder, 'config');
  mkdirSync(config, { mode: 0o700 });
  // Both spellings are in use; a proxy could not reach this machine's loopback address.
  const noProxy = [inherited.no_proxy ?? inherited.NO_PROXY, '127.0.0.1'].filter(Boolean).join(',');
  return {
    ...inherited,
    ...variables,
    NO_PROXY: noProxy,
    no_proxy: noProxy,
    LDCTL_CONFIG_DIR: config,
    // Nothing is said about variables that hide what a profile says: these are meant to.
    LDCTL_IN_SANDBOX: '1',
    // Settings of the user's own that would mix with the sandbox's (design, "Commands").
    LD_API_KEY_FILE: undefined,
    LD_PROFILE: undefined,
    PATH: [shimFolder(folder, self), inherited.PATH].filter(Boolean).join(delimiter),
  };
}

/** A folder with an `ldctl` in it, so that the word means this one, on a checkout that is not installed too. */
function shimFolder(folder: string, self: readonly string[]): string {
  const bin = join(folder, 'bin');
  mkdirSync(bin, { mode: 0o700 });
  writeFileSync(join(bin, 'ldctl'), `#!/bin/sh\nexec ${self.map(shellQuoted).join(' ')} "$@"\n`, { mode: 0o700 });
  return bin;
}

function endOf(child: ChildProcess): Promise<Ended> {
  return new Promise((resolve) => {
    child.on('error', (error: NodeJS.ErrnoException) => {
      const notFound = error.code === 'ENOENT';
      resolve({ exitCode: notFound ? 127 : 126, notStarted: notFound ? 'command not found' : error.message });
    });
    child.on('exit', (code, signal) => {
      resolve({ exitCode: signal === null ? (code ?? 0) : 128 + constants.signals[signal] });
    });
  });
}
