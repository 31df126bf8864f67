import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import { quote } from 'shell-quote';
import { Run, type Ended } from './ldctl.js';

const ENTER = '\r';
const CTRL_C = '\u0003';

/** A command at a real pseudo-terminal, and somebody who reads what it shows and types. */
export class Terminal {
  readonly #run: Run;
  /** How much of the text was read before. */
  #read = 0;

  /** @param env all of its environment; nothing is inherited */
  constructor(command: readonly string[], env: NodeJS.ProcessEnv, { columns = 100, rows = 40 } = {}) {
    const { error, stdout } = spawnSync('script', ['--version'], { encoding: 'utf8' });
    assert.ok(
      !error && stdout.includes('util-linux'),
      'tests at a terminal need `script` of util-linux (Debian: bsdutils)',
    );
    const line = `stty cols ${columns} rows ${rows}; exec ${quote(command)}`;
    this.#run = new Run('script', ['--quiet', '--return', '--flush', '--command', line, '/dev/null'], {
      TERM: 'xterm-256color',
      SHELL: '/bin/sh',
      ...env,
    });
  }

  /** Everything it has shown so far, as plain text. What was drawn over is still there. */
  get text(): string {
    return stripVTControlCharacters(this.#run.stdout).replaceAll('\r', '');
  }

  /** The same with every escape sequence in it. */
  get raw(): string {
    return this.#run.stdout;
  }

  /** The process that owns the terminal; the command is below it. */
  get pid(): number {
    return this.#run.child.pid ?? assert.fail('it was not started');
  }

  /** Waits until what it shows after the last match matches. @throws AssertionError when it ends before that */
  async shows(pattern: RegExp): Promise<void> {
    await this.#run.heard(String(pattern), () => pattern.test(this.text.slice(this.#read)));
    const match = pattern.exec(this.text.slice(this.#read));
    assert.ok(match);
    this.#read += match.index + match[0].length;
  }

  /** Types a text, and Enter. */
  enter(text = ''): void {
    this.type(`${text}${ENTER}`);
  }

  /** Hears what it shows as it comes, with every escape sequence in it. */
  hear(listener: (text: string) => void): void {
    this.#run.child.stdout.on('data', listener);
  }

  /** Makes the window larger or smaller, as dragging its corner does; the command is told. Linux only. */
  resize({ columns, rows }: { columns: number; rows: number }): void {
    const [command = ''] = readFileSync(`/proc/${this.pid}/task/${this.pid}/children`, 'utf8').split(' ');
    const tty = readlinkSync(`/proc/${command}/fd/0`);
    const { status, stderr } = spawnSync('stty', ['-F', tty, 'cols', String(columns), 'rows', String(rows)], {
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
  }

  type(text: string): void {
    this.#run.child.stdin.write(text);
  }

  interrupt(): void {
    this.type(CTRL_C);
  }

  async ended(): Promise<Ended> {
    const end = await this.#run.ended();
    return { ...end, stdout: this.text };
  }

  kill(): void {
    this.#run.kill('SIGKILL');
  }
}
