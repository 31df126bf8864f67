import { type Clock } from '../base/clock.js';
import { UsageError } from '../base/errors.js';
import { refuseDebuggedStreams, type ApiKey } from '../base/secret.js';
import { parseApiKey } from './api-key.js';
import { fileErrorCode } from '../config/files.js';
import type { System } from '../system/environment.js';
import { isWindows } from '../system/platform.js';
import { programStart } from '../system/start-program.js';

const TIME_LIMIT_MS = 10_000;
/** How long a program that has ended may leave its stdout open: to what it started and left running. */
const GRACE_MS = 200;
/** A key is far shorter; a program that prints more was the wrong one. */
const OUTPUT_LIMIT_CHARACTERS = 64 * 1024;

/** `env` is what the program inherits, but for any API key in it. */
export interface KeyCommandTools extends System {
  clock: Clock;
  /** Whether stdin is a terminal: the program may then ask there. */
  sharesTerminal?: boolean;
  /** What the program says on stderr is dropped: a library prints nothing. */
  isSilent?: boolean;
}

/**
 * Runs a key command: no shell, 10 s at most, its stderr is the user's unless it is to be silent, its trimmed stdout is the key. It shares the
 * terminal, so that it can ask for a passphrase; piped input is not its to read.
 * @param what names it in errors, such as `the key command of profile prod`
 * @throws UsageError when it cannot be run, fails, takes too long, or prints something else; the signal's reason
 */
export async function runKeyCommand(
  command: readonly string[],
  what: string,
  tools: KeyCommandTools,
  signal?: AbortSignal,
): Promise<ApiKey> {
  refuseDebuggedStreams(`the output of ${what}`);
  const [program = '', ...args] = command;
  let output: string;
  try {
    output = await outputOf(program, args, tools, signal);
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw new UsageError(`${what}: ${program} ${whyNotRun(error)}`, {
      code: 'key_command_failed',
      hint: 'Run it by hand to see what it prints: it must print the key and nothing else.',
    });
  }
  return parseApiKey(output, `the output of ${what}`);
}

/** @throws CommandFailure, an error of the system, or the signal's reason */
async function outputOf(
  program: string,
  args: string[],
  tools: KeyCommandTools,
  signal?: AbortSignal,
): Promise<string> {
  const [{ spawn }, { endWindowsTree }] = await Promise.all([
    import('node:child_process'),
    import('../system/process-tree.js'),
  ]);
  const start = programStart(program, args, tools);
  const child = spawn(start.file, start.args, {
    ...start.options,
    env: { ...tools.env, LD_API_KEY: undefined },
    stdio: [tools.sharesTerminal ? 'inherit' : 'ignore', 'pipe', tools.isSilent ? 'ignore' : 'inherit'],
    windowsHide: true,
  });
  const ended = new AbortController();
  const limit = signal ? AbortSignal.any([signal, ended.signal]) : ended.signal;
  const output = new Promise<string>((resolve, reject) => {
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      if (stdout.length > OUTPUT_LIMIT_CHARACTERS) reject(new CommandFailure('printed far more than a key'));
    });
    const settle = (code: number | null, killedBy: NodeJS.Signals | null): void => {
      if (code === 0) resolve(stdout);
      else reject(new CommandFailure(killedBy ? `was ended by ${killedBy}` : `ended with exit code ${String(code)}`));
    };
    child.on('error', reject);
    child.on('close', settle);
    child.on('exit', (code, killedBy) => {
      // What it has printed is in the pipe, and read in the turn that follows.
      tools.clock.sleep(GRACE_MS, limit).then(
        () => setImmediate(settle, code, killedBy),
        () => undefined,
      );
    });
  });
  const tooLate = tools.clock.sleep(TIME_LIMIT_MS, limit).then(() => {
    throw new CommandFailure(`did not end within ${TIME_LIMIT_MS / 1000} s`);
  });
  try {
    return await Promise.race([output, tooLate]);
  } finally {
    ended.abort();
    // The pipe too: what the program started and left running would keep it, and so this process, open.
    child.stdout.destroy();
    if (isWindows(tools.platform)) endWindowsTree(child, tools);
    else child.kill('SIGKILL');
  }
}

/** Its message says what the program did. */
class CommandFailure extends Error {}

function whyNotRun(error: unknown): string {
  const code = fileErrorCode(error);
  if (code === 'ENOENT') return 'was not found';
  if (code === 'EACCES') return 'may not be run';
  return error instanceof CommandFailure ? error.message : `could not be run${code === undefined ? '' : ` (${code})`}`;
}
