import { systemClock, type Clock, type Random } from '../core/clock.js';
import type { Env } from '../core/env.js';
import type { KeyStore } from '../profiles/key-store.js';
import { SystemKeyring } from '../profiles/keyring.js';
import { processOutput, type Output } from '../output/streams.js';
import { catchInterrupts, type Interrupts } from './signals.js';

/** The world around a command. Commands reach for nothing else, so a test hands them another one. */
export interface Host {
  env: Env;
  output: Output;
  stdin: NodeJS.ReadStream;
  clock: Clock;
  random: Random;
  keyring: KeyStore;
  /** A key no other trigger has. */
  newIdempotencyKey(): string;
  catchInterrupts(): Interrupts;
}

let shared: Host | undefined;

/** The one of this process: its streams have one set of listeners. */
export function systemHost(): Host {
  shared ??= {
    env: process.env,
    output: processOutput(process.env),
    stdin: process.stdin,
    clock: systemClock,
    random: Math.random,
    keyring: new SystemKeyring(process.env, systemClock),
    // Node's own module is loaded when it is called, and few commands need a key.
    newIdempotencyKey: () => crypto.randomUUID(),
    catchInterrupts,
  };
  return shared;
}

/** A terminal is where stdin and stderr are TTYs; prompts go to stderr (design, "Consent"). */
export function isInteractive(host: Host): boolean {
  return host.stdin.isTTY && host.output.stderr.isTTY;
}
