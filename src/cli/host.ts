import { closeSync, fstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { homedir } from 'node:os';
import { isatty } from 'node:tty';
import type { Manifest, PJSON } from '@oclif/core/interfaces';
import type { ClientOptions } from '../api/client.js';
import { systemClock } from '../base/clock.js';
import { environmentKeys } from '../base/secret.js';
import type { Env } from '../base/text.js';
import { Output, Sink } from '../output/streams.js';
import { systemKeyring, type Keyring } from '../config/keyring.js';
import { printOptionsOf, readCommandLine, unaskedBy, type ReadFlag } from './line/argv.js';
import type { runGate } from './acting/gate.js';
import type { Prompts, Terminal } from './asking/prompts.js';
import { catchInterrupts, type Interrupts } from './signals.js';

/** What this very program is: an installed package, or a single executable. */
export interface Program {
  singleExecutable: boolean;
  /** How it is started again: a program and its first arguments. */
  command: readonly string[];
  /** What is started for the keyring, where that is not a file of the package. */
  keyringProcess?: string;
  /**
   * Reads a file that comes with it, by its path in the package.
   * @throws Error where there is none
   */
  read: (file: string) => string;
}

/** @param root the folder of package.json */
export function packageProgram(root: string): Program {
  const { execPath, execArgv, argv } = process;
  return {
    singleExecutable: false,
    command: [execPath, ...execArgv, argv[1] ?? ''],
    read: (file) => readFileSync(join(root, file), 'utf8'),
  };
}

/**
 * Without HOME, and for a user whom the system does not know, Node throws when it is asked for the
 * home, and packages ask as they are loaded. In this one nothing exists or can be made, so an error
 * about it says what is wrong by its path.
 */
export function assumeHome() {
  // Node would take an empty one for the current folder.
  if (process.env.HOME === '') delete process.env.HOME;
  try {
    homedir();
  } catch {
    process.env.HOME = '/dev/null/HOME-is-not-set';
  }
}

/** @throws Error where it cannot be read */
export function readManifest({ read }: Program): Manifest {
  return JSON.parse(read('oclif.manifest.json')) as Manifest;
}

/**
 * The flags of a command line, as they were typed; of one that is there twice, the last.
 * @param without those that are left out
 */
export function typedAgain(
  { program }: Pick<Host, 'program'>,
  argv: readonly string[],
  without: readonly string[],
) {
  const { flags } = readCommandLine(argv, readManifest(program).commands);
  return flags.flatMap(({ name, words }, at) => {
    const isLast = !flags.slice(at + 1).some((later) => later.name === name);
    return name !== null && isLast && !without.includes(name) ? words : [];
  });
}

export function readPackage({ read }: Program): PJSON {
  return JSON.parse(read('package.json')) as PJSON;
}

/**
 * The world around a command. Commands reach for nothing else, so a test hands them another one.
 */
export interface Host extends Terminal {
  program: Program;
  env: Env;
  platform: NodeJS.Platform;
  keyring: Keyring;
  /** Whether a trigger of this process, or one that it continues, may have had an effect. */
  mayHaveSent: boolean;
  /** A key no other trigger has. */
  newIdempotencyKey(): string;
  catchInterrupts(): Interrupts;
  /** Who answers questions in place of the person at the terminal. */
  prompts?: Prompts;
  /** Makes the connections to the APIs, in place of the system's. */
  agent?: ClientOptions['agent'];
  /** Runs gates, in place of a shell. */
  runGate?: typeof runGate;
}

/**
 * The only place that touches the process's own streams and environment. It is made once: its
 * streams have one set of listeners.
 * @param flags of the command line, some of which say how results are written
 */
export function systemHost(program: Program, flags: readonly ReadFlag[]): Host {
  const { env, platform, stdout, stderr } = process;
  // oclif's own listener throws out of nowhere when stdout cannot be written; the sinks of `output`
  // report it.
  stdout.removeAllListeners('error');
  process.once('exit', leaveClosedTerminal);
  const output = new Output(new Sink(stdout, env), new Sink(stderr, env), printOptionsOf(flags));
  for (const key of environmentKeys(env)) output.redact(key);
  return {
    program,
    env,
    platform,
    output,
    stderr,
    unaskedBy: unaskedBy(flags, env),
    clock: systemClock,
    mayHaveSent: false,
    catchInterrupts: () => catchInterrupts(output),
    // Node opens it when it is first asked for, which takes as long as a sixth of its own start.
    get stdin() {
      return process.stdin;
    },
    keyring: systemKeyring(env, program.keyringProcess),
    // Node's own module is loaded when it is called, and few commands need a key.
    newIdempotencyKey: () => crypto.randomUUID(),
  };
}

/**
 * As it exits, Node puts its terminal back as it was, and aborts (134) when that has closed. What
 * is not open it leaves alone.
 */
function leaveClosedTerminal() {
  for (const fd of [0, 1, 2]) {
    try {
      if (fstatSync(fd).isCharacterDevice() && !isatty(fd)) closeSync(fd);
    } catch {
      // It is not open.
    }
  }
}
