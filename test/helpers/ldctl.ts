import assert from 'node:assert/strict';
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The built command, as `npm install` links it; or another one, installed or a single executable,
 * where a check names it.
 */
export const LDCTL =
  process.env.LDCTL_UNDER_TEST ?? fileURLToPath(new URL('../../bin/run.js', import.meta.url));

/** A command line of it, as a program and its arguments. */
export function ldctl(...args: readonly string[]): [program: string, ...args: string[]] {
  return LDCTL.endsWith('.js') ? [process.execPath, LDCTL, ...args] : [LDCTL, ...args];
}

/**
 * A process that is still there after this much real time hangs, on a machine that is busy with
 * other things too.
 */
const LONGEST_RUN_MS = 180_000;

/** What the stubs say that stand in the place of packages (scripts/bundle.js). */
const LEFT_OUT = /is left out of this program/;

export interface Ended {
  /** Null when a signal ended it. */
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** A process, what it has said so far, and its end. */
export class Run {
  readonly child: ChildProcessWithoutNullStreams;
  stdout = '';
  stderr = '';
  readonly #ended: Promise<Ended>;
  readonly #listeners = new Set<() => void>();
  #isOver = false;

  /** @param env all of its environment; nothing is inherited */
  constructor(command: string, args: readonly string[], env: NodeJS.ProcessEnv) {
    this.child = spawn(command, args, { env });
    for (const stream of ['stdout', 'stderr'] as const) {
      this.child[stream].setEncoding('utf8').on('data', (text: string) => {
        this[stream] += text;
        this.#wake();
      });
    }
    // It may be gone before all of its input is written.
    this.child.stdin.on('error', () => undefined);
    this.#ended = this.#untilEnded();
  }

  /** Ends its input, after this text. */
  input(text = ''): this {
    this.child.stdin.end(text);
    return this;
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** @throws AssertionError when it hangs; it is killed then */
  ended(): Promise<Ended> {
    return this.#ended;
  }

  /**
   * Waits until what it has said, on either stream, matches.
   * @throws AssertionError when it ends before that
   */
  said(pattern: RegExp): Promise<void> {
    return this.heard(
      String(pattern),
      () => pattern.test(this.stdout) || pattern.test(this.stderr),
    );
  }

  /** The same for what it has said makes true. @param what names it in the error */
  async heard(what: string, matches: () => boolean): Promise<void> {
    while (!matches() && !this.#isOver) {
      await new Promise<void>((resolve) => this.#listeners.add(resolve));
    }
    assert.ok(matches(), `it never said ${what}, but:\n${this.stdout}\n${this.stderr}`);
  }

  async #untilEnded(): Promise<Ended> {
    let hangs = false;
    const limit = setTimeout(() => {
      hangs = true;
      this.child.kill('SIGKILL');
    }, LONGEST_RUN_MS);
    const [code, signal] = (await once(this.child, 'close')) as [
      number | null,
      NodeJS.Signals | null,
    ];
    clearTimeout(limit);
    this.#isOver = true;
    this.#wake();
    const { stdout, stderr } = this;
    const said = `it said:\n${stdout}\n${stderr}`;
    assert.ok(!hangs, `${this.child.spawnargs.join(' ')} hangs; ${said}`);
    assert.ok(!LEFT_OUT.test(stdout + stderr), `it uses what its bundle leaves out; ${said}`);
    return { code, signal, stdout, stderr };
  }

  #wake(): void {
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    for (const listener of listeners) listener();
  }
}

/**
 * An environment that owes nothing to that of the tests: no `LD_*`, proxy or CI variable is in it,
 * the config and home folders are below `folder`, and `ldctl` is on the PATH.
 */
export function cleanEnvironment(folder: string): NodeJS.ProcessEnv {
  const onWindows = process.platform === 'win32';
  if (onWindows) {
    writeFileSync(join(folder, 'ldctl.cmd'), `@"${process.execPath}" "${LDCTL}" %*\r\n`);
  } else symlinkSync(LDCTL, join(folder, 'ldctl'));
  return {
    ...(onWindows && {
      SystemRoot: process.env.SystemRoot,
      ComSpec: process.env.ComSpec,
      USERPROFILE: folder,
      TEMP: folder,
      TMP: folder,
    }),
    PATH: [folder, process.env.PATH].join(delimiter),
    HOME: folder,
    TMPDIR: folder,
    LDCTL_CONFIG_DIR: join(folder, 'config'),
    TZ: 'UTC',
  };
}
