import assert from 'node:assert/strict';
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Readable, type Writable } from 'node:stream';
import { setTimeout as realSleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../src/base/clock.js';
import { FileJournal } from '../../src/config/old-journal.js';
import { ProfileStore } from '../../src/config/store.js';

const SCRIPT = fileURLToPath(new URL('./profile-store-child.ts', import.meta.url));

class Child {
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

  /** Waits until it has said so many lines, or has ended. */
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
async function together(count: number, job: string, folder: string): Promise<Child[]> {
  const children = Array.from({ length: count }, (_, n) => new Child(job, folder, String(n)));
  for (const child of children) await child.said(1);
  for (const child of children) child.process.stdin.write('go\n');
  for (const child of children) assert.equal(await child.exitCode(), 0);
  return children;
}

describe('the profile store, by many processes', function () {
  // Dozens of real processes, on a machine that may be busy.
  this.timeout(300_000);
  let folder = '';

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ldctl-store-'));
    chmodSync(folder, 0o700);
  });

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const storedNames = (): string[] =>
    new ProfileStore(folder, systemClock)
      .list()
      .map(({ name }) => name)
      .sort();
  const numbered = (count: number): string[] => Array.from({ length: count }, (_, n) => String(n)).sort();

  it('loses none of 20 profiles that 20 processes add at once, and leaves only the file, private', async () => {
    await together(20, 'add', folder);
    assert.deepEqual(storedNames(), numbered(20));
    assert.deepEqual(readdirSync(folder), ['config.json']);
    assert.equal(statSync(join(folder, 'config.json')).mode & 0o777, 0o600);
  });

  it('loses none either when they find the lock of a process that was killed', async () => {
    const holder = new Child('hold-lock', folder, '');
    await holder.said(1);
    await holder.kill();
    assert.deepEqual(readdirSync(folder), ['config.json.lock']);
    await together(12, 'add', folder);
    assert.deepEqual(storedNames(), numbered(12));
  });

  it('loses no lock to one of 4 processes that take it again and again', async () => {
    await together(4, 'lock-often', folder);
    assert.deepEqual(readdirSync(folder), []);
  });

  it('leaves the old or the new file whole when it is killed at any moment, and no change that was done is lost', async () => {
    for (let round = 0; round < 10; round++) {
      const child = new Child('keep-adding', folder, `r${round}`);
      await child.said(1 + (round % 3));
      // From in the middle of one write to in the middle of a later one, as far as the machine's pace allows.
      await realSleep(round);
      await child.kill();
      const names = storedNames();
      for (const name of child.lines) assert.ok(names.includes(name), `${name} is lost`);
      assert.ok(names.length <= child.lines.length + 1);
      rmSync(folder, { recursive: true });
    }
  });

  it('gives a claim of the run journal to one of 8 processes, and its record to the others', async () => {
    const children = await together(8, 'claim', folder);
    const answers = new Set(children.map(({ lines }) => lines[1]));
    assert.equal(answers.size, 1);
    const record = await new FileJournal(folder, systemClock).read('deploy-7');
    assert.deepEqual([...answers], [`first ${String(record?.baseline.highestId)}`]);
  });
});
