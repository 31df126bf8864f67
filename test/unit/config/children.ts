import assert from 'node:assert/strict';
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { type Readable, type Writable } from 'node:stream';
import { setTimeout as realSleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('./child.ts', import.meta.url));

/** A process that does a job of `child.ts`. */
export class Child {
  readonly process: ChildProcessByStdio<Writable, Readable, null>;
  readonly lines: string[] = [];
  readonly #ended: Promise<unknown>;

  constructor(job: string, folder: string, name: string) {
    this.process = spawn(process.execPath, ['--import', 'tsx', SCRIPT, job, folder, name], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#ended = once(this.process, 'close');
    let rest = '';
    this.process.stdout.setEncoding('utf8').on('data', (text: string) => {
      const parts = (rest + text).split('\n');
      rest = parts.pop() ?? '';
      this.lines.push(...parts);
    });
  }

  /** Waits until it has said so many lines. */
  async said(lines: number): Promise<void> {
    while (this.lines.length < lines && this.process.exitCode === null) await realSleep(2);
    assert.ok(this.lines.length >= lines, `it said: ${this.lines.join(' ')}`);
  }

  async kill(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.#ended;
  }

  async exitCode(): Promise<number | null> {
    await this.#ended;
    return this.process.exitCode;
  }
}

/** Starts as many processes, lets them begin together when all are ready, and waits for their ends. */
export async function together(count: number, job: string, folder: string): Promise<Child[]> {
  const children = Array.from({ length: count }, (_, n) => new Child(job, folder, String(n)));
  for (const child of children) await child.said(1);
  for (const child of children) child.process.stdin.write('go\n');
  for (const child of children) assert.equal(await child.exitCode(), 0);
  return children;
}
