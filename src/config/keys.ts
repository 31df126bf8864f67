import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { usageError } from '../base/errors.js';
import { ApiKey, isApiKeyText, looksLikeKey, refuseDebuggedStreams } from '../base/secret.js';
import { readUpTo } from '../base/streams.js';
import type { Env } from '../base/text.js';
import { IS_POSIX, readInput } from './files.js';
import type { Keyring } from './keyring.js';
import type { Profile } from './profiles.js';

/** How long a command that prints the key may take. */
const COMMAND_LIMIT_MS = 10_000;
/** How much it may say: no key is as long. */
const LONGEST_OUTPUT = 64 * 1024;

/** What keys are fetched with. */
export interface KeyTools {
  /** Key commands inherit it without the API key. */
  env: Env;
  keyring: Keyring;
  /** stdin is a terminal, where a key command may ask. */
  sharesTerminal?: boolean;
  /** For the library: drops the stderr of a key command. */
  isSilent?: boolean;
}

/**
 * Refuses what may be a key in the wrong setting, and does not show it.
 * @param what names the setting
 */
export function refuseKey(text: string, what: string, env: Env) {
  if (!looksLikeKey(text) && text.trim() !== env.LD_API_KEY?.trim()) return;
  throw usageError(
    'key_in_place',
    `${what} holds what looks like an API key`,
    'A key belongs in LD_API_KEY, or in a profile. (It is not shown here.)',
  );
}

/**
 * White space around the key is dropped.
 * @param what says where it came from: an error never shows the text
 */
export function parseApiKey(text: string, what: string): ApiKey {
  const key = text.trim();
  if (isApiKeyText(key)) return new ApiKey(key);
  throw usageError(
    'invalid_key',
    `${what}: ${key === '' ? 'the API key is empty' : 'not an API key'}`,
    'A key is one line of visible ASCII characters without spaces. Is a variable unset, or a secret missing?',
  );
}

/** The key in the file, or the pipe, that LD_API_KEY_FILE names. */
export async function fetchKeyFile(path: string, signal?: AbortSignal): Promise<ApiKey> {
  const name = 'LD_API_KEY_FILE';
  // What may be the key itself is not shown.
  const isPath = /^(?:\.{0,2}|~|[A-Za-z]:)[\\/]/.test(path) && !/ld_[a-z]+_/.test(path);
  const text = await readInput(path, name, signal, isPath ? path : '');
  return parseApiKey(text, `the file of ${name}`);
}

export async function fetchProfileKey(
  { name, key }: Profile,
  tools: KeyTools,
  signal?: AbortSignal,
): Promise<ApiKey> {
  if (key.store === 'file') return key.api_key;
  if (key.store === 'command') {
    return runKeyCommand(key.command, `the key command of profile ${name}`, tools, signal);
  }
  const text = await tools.keyring.get(key.account, signal);
  if (text !== null) return parseApiKey(text, `account ${key.account} of the keyring`);
  throw usageError(
    'key_missing',
    `the key of profile ${name} is no longer in the keyring`,
    `Store it again with \`ldctl profiles update ${name}\`, or set LD_API_KEY.`,
  );
}

/**
 * Runs a key command in the shell. Its stdout is the key. At a terminal it can ask for a
 * passphrase; it gets no piped input.
 * @param what names it in errors, which show neither the command nor its output: both may hold a
 * secret
 */
export async function runKeyCommand(
  command: string,
  what: string,
  { env, sharesTerminal = false, isSilent = false }: KeyTools,
  signal?: AbortSignal,
  limitMs = COMMAND_LIMIT_MS,
): Promise<ApiKey> {
  refuseDebuggedStreams(`the output of ${what}`);
  const { spawn } = await import('node:child_process');
  signal?.throwIfAborted();
  const failed = (why: string) =>
    usageError(
      'key_command_failed',
      `${what} ${why}`,
      'Run it yourself to see what it prints. It must print the key and nothing else.',
    );
  // A process group can be ended as a whole, but may not read from the terminal.
  const isGroup = !sharesTerminal && IS_POSIX;
  // Not by execa, which needs to know the working directory: that may be gone.
  const start = () =>
    spawn(command, {
      shell: true,
      detached: isGroup,
      env: { ...env, LD_API_KEY: undefined },
      stdio: [sharesTerminal ? 'inherit' : 'ignore', 'pipe', isSilent ? 'ignore' : 'inherit'],
      windowsHide: true,
    });
  let child: ReturnType<typeof start>;
  try {
    child = start();
  } catch {
    // It is too long for the system. Any other reason is an event of the child.
    throw failed('could not be run');
  }
  const limit = AbortSignal.timeout(limitMs);
  const until = signal ? AbortSignal.any([signal, limit]) : limit;
  try {
    const [output, [code, by]] = await Promise.all([
      readUpTo(LONGEST_OUTPUT, child.stdout).then((bytes) => {
        if (!bytes) endCommand(child, isGroup);
        return bytes;
      }),
      once(child, 'close', { signal: until }) as Promise<[number | null, NodeJS.Signals | null]>,
    ]).catch(() => {
      signal?.throwIfAborted();
      throw failed(limit.aborted ? `did not end within ${limitMs / 1000} s` : 'could not be run');
    });
    if (output === null) throw failed('prints more than 64 kB');
    if (code === 0) return parseApiKey(output.toString(), `the output of ${what}`);
    throw failed(by === null ? `ended with exit code ${code}` : `was ended by ${by}`);
  } finally {
    // What it left running would keep the pipe open, and this process alive.
    child.stdout.destroy();
    endCommand(child, isGroup);
  }
}

function endCommand(child: ChildProcess, isGroup: boolean) {
  if (!isGroup || child.pid === undefined) {
    child.kill('SIGKILL');
  } else if (child.exitCode === null && child.signalCode === null) {
    process.kill(-child.pid, 'SIGKILL');
  }
}
