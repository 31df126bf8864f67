import { createRequire } from 'node:module';
import type * as Library from '@napi-rs/keyring';
import { UsageError } from '../base/errors.js';
import type { ApiKey } from '../base/secret.js';
import { plainText, type Env } from '../base/text.js';

const SERVICE = 'ldctl';
/** How long the system's keyring has to answer. */
const TIME_LIMIT_MS = 3000;

export class KeyringError extends UsageError {}

type Request =
  | { do: 'get' | 'delete'; account: string }
  | { do: 'set'; account: string; key: string };
type Reply = { key: string | null } | { reason: string };

/**
 * Keychain, Credential Manager or a Secret Service. A child process asks it: a locked keyring
 * blocks a thread that even the exit of Node waits for, and its library may fail to load, or crash.
 * @param module what is forked in place of the package's own child: by the single executable, and
 * by tests
 */
export function systemKeyring(env: Env, module?: string, limitMs = TIME_LIMIT_MS) {
  /**
   * Over IPC, so that a key is in no argument, no variable, and no stream that NODE_DEBUG would
   * print.
   */
  const replyTo = async (request: Request, signal: AbortSignal | undefined): Promise<Reply> => {
    const { fork } = await import('node:child_process');
    const child = fork(module ?? createRequire(import.meta.url).resolve('#keyring-process'), {
      execArgv: [],
      env: { ...env, LD_API_KEY: undefined },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      signal,
      timeout: limitMs,
      killSignal: 'SIGKILL',
    });
    return new Promise<Reply>((resolve) => {
      child.once('message', (reply) => resolve(reply as Reply));
      child.on('error', (error) => resolve({ reason: error.message }));
      child.once('disconnect', () => resolve({ reason: 'it does not answer' }));
      child.send(request);
    }).finally(() => child.kill('SIGKILL'));
  };
  const ask = async (request: Request, signal?: AbortSignal): Promise<string | null> => {
    signal?.throwIfAborted();
    // `fork` fails where a program has bundled this without the child.
    const reply = await replyTo(request, signal).catch((error: unknown): Reply => ({
      reason: String(error),
    }));
    signal?.throwIfAborted();
    if ('key' in reply) return reply.key;
    throw new KeyringError(`the keyring cannot be used (${plainText(reply.reason)})`, {
      code: 'keyring_failed',
      hint: 'It may be locked: unlock it, and try again. Or set LD_API_KEY, which needs no keyring.',
    });
  };
  return {
    /** @returns null when there is no key for this account */
    get: (account: string, signal?: AbortSignal) => ask({ do: 'get', account }, signal),
    set: (account: string, key: ApiKey, signal?: AbortSignal): Promise<unknown> =>
      ask({ do: 'set', account, key: key.reveal() }, signal),
    /** Does nothing when there is no key for this account. */
    delete: (account: string, signal?: AbortSignal): Promise<unknown> =>
      ask({ do: 'delete', account }, signal),
  };
}

/**
 * Keeps keys by account. Every method throws KeyringError when the keyring cannot be used, or the
 * signal's reason.
 */
export type Keyring = ReturnType<typeof systemKeyring>;

export type KeyringLibrary = Pick<typeof Library, 'Entry'>;

/** Makes this process the child: one request, one reply. */
export function serveKeyring(load: () => Promise<KeyringLibrary>) {
  process.once('message', (request: Request) => {
    void answer(request, load).then((reply) => process.send?.(reply, () => process.disconnect()));
  });
}

async function answer(request: Request, load: () => Promise<KeyringLibrary>): Promise<Reply> {
  try {
    const { Entry } = await load();
    // Not the kernel's keyring, its fallback, which forgets everything at a restart.
    const entry = new Entry(SERVICE, request.account, { linux: { store: 'secret-service' } });
    if (request.do === 'get') return { key: entry.getPassword() };
    if (request.do === 'set') entry.setPassword(request.key);
    else entry.deleteCredential();
    return { key: null };
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) };
  }
}
