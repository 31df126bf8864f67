import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';
import { quote } from 'shell-quote';
import { Run, type Ended } from './ldctl.js';

/** A command at a real pseudo-terminal, and a person who reads what it shows and types. */
export class Terminal {
  readonly #run: Run;
  /** How much of the text was read before. */
  #read = 0;

  /** @param env all of its environment; nothing is inherited */
  constructor(
    command: readonly string[],
    env: NodeJS.ProcessEnv,
    { columns = 100, rows = 40 } = {},
  ) {
    const { error, stdout } = spawnSync('script', ['--version'], { encoding: 'utf8' });
    const isThere = !error && stdout.includes('util-linux');
    assert.ok(isThere, 'tests at a terminal need `script` of util-linux (Debian: bsdutils)');
    const line = `stty cols ${columns} rows ${rows}; exec ${quote(command)}`;
    const args = ['--quiet', '--return', '--flush', '--command', line, '/dev/null'];
    this.#run = new Run('script', args, { TERM: 'xterm-256color', SHELL: '/bin/sh', ...env });
  }

  /** Everything it has shown so far, as plain text. What was drawn over is still there. */
  get text(): string {
    return stripVTControlCharacters(this.#run.stdout).replaceAll('\r', '');
  }

  /** The same with every escape sequence in it. */
  get raw(): string {
    return this.#run.stdout;
  }

  /**
   * Waits until what it shows after the last match matches.
   * @throws AssertionError when it ends before that
   */
  async shows(pattern: RegExp): Promise<void> {
    await this.#run.heard(String(pattern), () => pattern.test(this.text.slice(this.#read)));
    const match = pattern.exec(this.text.slice(this.#read));
    assert.ok(match);
    this.#read += match.index + match[0].length;
  }

  type(text: string): void {
    this.#run.child.stdin.write(text);
  }

  /** Types a text, and Enter. */
  enter(text = ''): void {
    this.type(`${text}\r`);
  }

  interrupt(): void {
    this.type('\u0003');
  }

  async ended(): Promise<Ended> {
    return { ...(await this.#run.ended()), stdout: this.text };
  }

  kill(): void {
    this.#run.kill('SIGKILL');
  }
}
