import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { join } from 'node:path';
import { type Core } from '../../../src/app/open.js';
import { CommandContext } from '../../../src/cli/context.js';
import { packageProgram, type Host } from '../../../src/cli/host.js';
import type { ProfileFlags } from '../../../src/commands/profiles/gather.shared.js';
import { ApiError } from '../../../src/base/errors.js';
import { type Id } from '../../../src/base/ids.js';
import { type ApiKey } from '../../../src/base/secret.js';
import { type KeyContext } from '../../../src/api/core-api.js';
import { memoryOutput, type MemoryOutput } from '../../helpers/memory-output.js';
import { KeyringError, type Keyring } from '../../../src/config/keyring.js';
import { findProfile, type Profile } from '../../../src/config/profiles.js';
import { scriptedAnswers, type Scripted } from '../../helpers/answers.js';
import { VirtualClock } from '../../helpers/clock.js';
import { ROOT } from '../../helpers/root.js';
import { KEY, privateFolder } from './fixtures.js';

export const TENANT: Id = 18446744073709551615n;
export const PROD: Id = 7263012455120900033n;

/** It reads the same by the rules of either system. */
export const PRINTS_KEY = `"${process.execPath}" -p "'${KEY}'"`;

export const NO_FLAGS = { 'api-key-stdin': false, verify: true } as ProfileFlags;

/** The profile `me` as it is stored. */
export const storedIn = (context: TestContext): Profile => findProfile(context.store.read(), 'me');

/** With the text of its key, where it has one. */
export const plain = ({ key, ...fields }: Profile): Record<string, unknown> => ({
  ...fields,
  key: key.store === 'file' ? key.api_key.reveal() : key,
});

export interface ContextOptions {
  env?: Record<string, string>;
  stdin?: string;
  /** Given: a terminal, and what its user answers, in this order. */
  answers?: Scripted[];
  /** Those that the API accepts; any other gets a 401. */
  keys?: string[];
  keyring?: Keyring;
}

/**
 * A context with a store on the disk, an API that is a table, and a user that is a list of answers.
 */
export class TestContext extends CommandContext {
  readonly clock: VirtualClock;
  /** What was written. */
  readonly output: MemoryOutput;
  /** The calls of the API. */
  readonly calls: string[] = [];
  readonly #options: ContextOptions;

  constructor(options: ContextOptions = {}, clock = new VirtualClock()) {
    const output = memoryOutput();
    const { signal } = new AbortController();
    const interrupts = { signal, inTwoStages: () => signal, release: () => undefined };
    const host = hostFor(options, output, clock);
    const prompts = options.answers ? scriptedAnswers(options.answers) : null;
    super(host, {}, interrupts, join(privateFolder(), 'config'), prompts);
    this.clock = clock;
    this.output = output;
    this.#options = options;
  }

  /** What was said on stderr. */
  get said(): string {
    return this.output.stderr.text;
  }

  override core({ key }: { key: ApiKey }): Core {
    return {
      keyContext: (tenantId) => {
        this.calls.push('context');
        if (!this.#options.keys?.includes(key.reveal())) {
          return Promise.reject(refusal(401, 'unauthorized'));
        }
        return tenantId === TENANT
          ? Promise.resolve(KEY_CONTEXT)
          : Promise.reject(refusal(403, 'forbidden'));
      },
      deployment: () =>
        Promise.reject(new Error('no command on profiles asks how many nodes there are')),
      structure: () => Promise.reject(new Error('no deployment is looked up')),
    };
  }
}

function hostFor(options: ContextOptions, output: MemoryOutput, clock: VirtualClock): Host {
  const { env, stdin, answers, keyring = brokenKeyring } = options;
  const input = new PassThrough().end(stdin ?? '');
  return {
    program: packageProgram(ROOT),
    env: { PATH: process.env.PATH, ...env },
    platform: process.platform,
    output,
    stdin: Object.assign(input, { isTTY: answers !== undefined }) as unknown as NodeJS.ReadStream,
    stderr: process.stderr,
    clock,
    keyring,
    mayBeSent: false,
    newIdempotencyKey: () => assert.fail('no trigger here'),
    catchInterrupts: () => assert.fail('no process here'),
  };
}

const KEY_CONTEXT: KeyContext = {
  id: 1n,
  name: 'ci',
  role_name: 'operator',
  permissions: { tenant: [], division: [], environment: [], divisions: {} },
};

function refusal(status: number, code: string): ApiError {
  return new ApiError(`GET /context: ${status} ${code}`, { status, code, reason: code });
}

const noKeyring = () =>
  Promise.reject(new KeyringError('there is no keyring', { code: 'keyring_unavailable' }));

/** There is none on this machine. */
export const brokenKeyring: Keyring = {
  get: noKeyring,
  set: noKeyring,
  delete: noKeyring,
};

/** One that works, and what is in it. */
export function memoryKeyring(): { keyring: Keyring; kept: Map<string, string> } {
  const kept = new Map<string, string>();
  const keyring: Keyring = {
    get: (account) => Promise.resolve(kept.get(account) ?? null),
    set: (account, key) => Promise.resolve(void kept.set(account, key.reveal())),
    delete: (account) => Promise.resolve(void kept.delete(account)),
  };
  return { keyring, kept };
}
