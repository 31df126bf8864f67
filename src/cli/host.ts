import { closeSync, fstatSync } from 'node:fs';
import { homedir } from 'node:os';
import { isatty } from 'node:tty';
import { systemClock, type Clock, type Random } from '../base/clock.js';
import type { Env } from '../base/text.js';
import { processOutput, type Output } from '../output/streams.js';
import { environmentKeys } from '../config/api-key.js';
import type { KeyStore } from '../config/key-store.js';
import { askProcess, SystemKeyring } from '../config/keyring.js';
import { PLATFORM, type Platform } from '../system/platform.js';
import type { Program } from './program.js';
import { catchInterrupts, type Hangup, type Interrupts } from './signals.js';

/** The world around a command. Commands reach for nothing else, so a test hands them another one. */
export interface Host {
  program: Program;
  env: Env;
  platform: Platform;
  output: Output;
  stdin: NodeJS.ReadStream;
  /** Where `output.stderr` goes, for what draws on a terminal by itself: prompts and the spinner. */
  stderr: NodeJS.WriteStream;
  clock: Clock;
  random: Random;
  keyring: KeyStore;
  /** A key no other trigger has. */
  newIdempotencyKey(): string;
  catchInterrupts(hangup?: Hangup): Interrupts;
}

let shared: Host | undefined;

/** The one of this process, which is made at the first call: its streams have one set of listeners. */
export function startSystemHost(program: Program): Host {
  return (shared ??= makeSystemHost(program));
}

/** @throws Error before it was started */
export function systemHost(): Host {
  if (!shared) throw new Error('no host was started');
  return shared;
}

/** The only place that touches the process's own streams and environment. */
function makeSystemHost(program: Program): Host {
  const { env, stdout, stderr } = process;
  // oclif's own listener throws out of nowhere when stdout cannot be written; the sinks of `output` tell it.
  stdout.removeAllListeners('error');
  process.once('exit', leaveClosedTerminal);
  const output = processOutput(env, stdout, stderr);
  for (const key of environmentKeys(env)) output.redact((text) => key.scrub(text));
  return {
    program,
    env,
    platform: PLATFORM,
    output,
    get stdin() {
      return openStdin();
    },
    stderr,
    clock: systemClock,
    random: Math.random,
    keyring: new SystemKeyring(env, systemClock, askProcess(env, program.keyringProcess)),
    // Node's own module is loaded when it is called, and few commands need a key.
    newIdempotencyKey: () => crypto.randomUUID(),
    catchInterrupts,
  };
}

/** Node opens it when it is first asked for, which takes as long as a sixth of its own start. */
function openStdin(): NodeJS.ReadStream {
  // A terminal that has closed fails at every change of its mode. Whoever reads it hears of its end.
  if (process.stdin.listenerCount('error') === 0) process.stdin.on('error', () => undefined);
  return process.stdin;
}

/** As it exits, Node puts its terminal back as it was, and aborts (134) when that has closed. What is not open it leaves alone. */
function leaveClosedTerminal(): void {
  for (const fd of [0, 1, 2]) {
    try {
      if (fstatSync(fd).isCharacterDevice() && !isatty(fd)) closeSync(fd);
    } catch {
      // It is not open.
    }
  }
}

/** Libraries look for the home of the user as they load, and fail for one whom the system does not know, as in many a container. */
export function ensureHome({ env } = process): void {
  try {
    homedir();
  } catch {
    // As shells have it.
    env.HOME ??= '/';
  }
}

/** A terminal is where stdin and stderr are TTYs; prompts go to stderr (design, "Consent"). */
export function isInteractive(host: Host): boolean {
  return host.stdin.isTTY && host.output.stderr.isTTY;
}
