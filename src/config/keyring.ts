import { type Clock } from '../base/clock.js';
import { plainText, type Env } from '../base/text.js';
import { type ApiKey } from '../base/secret.js';
import { parseApiKey } from './api-key.js';
import { KeyringError, type KeyStore } from './key-store.js';
import type { KeyringProcess, KeyringReply, KeyringRequest } from './serve-keyring.js';

/** The keyring is tried for 3 s at most, then the choice is the user's (design, "Profiles"). */
const TIME_LIMIT_MS = 3000;
const SERVICE = 'ldctl';
const LONGEST_REASON = 200;

/** Sends one request to a keyring process, and gives its reply. @throws Error when it ends without one */
export type AskKeyring = (request: KeyringRequest, signal: AbortSignal) => Promise<KeyringReply>;

/**
 * The system's keyring: Keychain, Credential Manager, or a Secret Service. It is asked from a process of its own:
 * its library blocks while a locked keyring waits for its password, and may fail to load, or crash; none of it may
 * hold up or take down a command.
 */
export class SystemKeyring implements KeyStore {
  readonly #clock: Clock;
  readonly #ask: AskKeyring;

  /** @param env what the process inherits (the session bus is found by it), but for any API key in it */
  constructor(env: Env, clock: Clock, ask = askProcess(env)) {
    this.#clock = clock;
    this.#ask = ask;
  }

  async get(account: string, signal?: AbortSignal): Promise<ApiKey | null> {
    const text = await this.#request({ do: 'get', service: SERVICE, account }, signal);
    return text === null ? null : parseApiKey(text, `account ${account} of the keyring`);
  }

  async set(account: string, key: ApiKey, signal?: AbortSignal): Promise<void> {
    await this.#request({ do: 'set', service: SERVICE, account, key: key.reveal() }, signal);
  }

  async delete(account: string, signal?: AbortSignal): Promise<void> {
    await this.#request({ do: 'delete', service: SERVICE, account }, signal);
  }

  async #request(request: KeyringRequest, signal?: AbortSignal): Promise<string | null> {
    const ended = new AbortController();
    const limit = signal ? AbortSignal.any([signal, ended.signal]) : ended.signal;
    const tooLate = this.#clock.sleep(TIME_LIMIT_MS, limit).then(() => {
      throw silent();
    });
    try {
      const reply = await Promise.race([this.#ask(request, limit), tooLate]);
      if ('failed' in reply) throw failure(reply);
      return reply.key;
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if (error instanceof KeyringError) throw error;
      throw failure({ failed: 'using', reason: error instanceof Error ? error.message : String(error) });
    } finally {
      ended.abort();
    }
  }
}

function silent(): KeyringError {
  return new KeyringError('keyring_silent', `the keyring did not answer within ${TIME_LIMIT_MS / 1000} s`, {
    hint: 'It may be locked, and waiting for its password: unlock it, and try again.',
  });
}

function failure({ failed, reason }: Extract<KeyringReply, { failed: string }>): KeyringError {
  const why = plainText(reason.replace(/^Platform failure: /, '')).slice(0, LONGEST_REASON);
  switch (failed) {
    case 'loading':
      return new KeyringError(
        'keyring_unavailable',
        `the library for the system's keyring does not load here (${why})`,
      );
    case 'reaching':
      return new KeyringError('keyring_unavailable', `there is no keyring to be reached here (${why})`);
    case 'using':
      return new KeyringError('keyring_failed', `the keyring cannot be used (${why})`, {
        hint: 'If it is locked, unlock it, and try again.',
      });
  }
}

/** @param env what the process inherits, but for any API key in it @param forked in place of that of the package */
export function askProcess(env: Env, forked?: KeyringProcess): AskKeyring {
  return async (request, signal) => {
    const { askForked, packagedProcess } = await import('./keyring-fork.js');
    return askForked(forked ?? packagedProcess(), request, { ...env, LD_API_KEY: undefined }, signal);
  };
}
