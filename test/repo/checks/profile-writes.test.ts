import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as realSleep } from 'node:timers/promises';
import { readConfig } from '../../../src/config/profiles.js';
import { cleanEnvironment, ldctl, Run } from '../../helpers/ldctl.js';

const KILLS = 200;
/** On a slow machine too, each has its turn long before it would wait no longer (20 s). */
const WRITERS = 12;
const KEY = `ld_pk_${'k'.repeat(32)}`;
const FLAGS = '--no-verify --tenant-id 18446744073709551615 --key-store file --api-key-stdin'.split(
  ' ',
);

describe('many writers of profiles', function () {
  this.timeout(120_000 + KILLS * 5_000);
  let folder: string;
  let config: string;
  let env: NodeJS.ProcessEnv;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ldctl-writes-'));
    config = join(folder, 'config');
    env = cleanEnvironment(folder);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const add = (name: string): Run => {
    const [program, ...args] = ldctl('profiles', 'add', name, ...FLAGS);
    return new Run(program, args, env).input(KEY);
  };
  const stored = (): string[] => readConfig(config).profiles.map(({ name }) => name);

  it(`of ${WRITERS} processes that add a profile at once, none loses its own`, async () => {
    const names = Array.from({ length: WRITERS }, (_, n) => `p${n}`);
    const ends = await Promise.all(names.map((name) => add(name).ended()));
    const failed = ends.filter(({ code }) => code !== 0);
    assert.deepEqual(failed, []);
    assert.deepEqual(stored().sort(), names.sort());
    assert.deepEqual(readdirSync(config), ['config.json']);
  });

  it(`killed at any moment, ${KILLS} times over, leaves the old file or the new one, whole`, async () => {
    const started = Date.now();
    assert.equal((await add('first').ended()).code, 0);
    const usualMs = Date.now() - started;
    for (let n = 0; n < KILLS; n++) {
      const before = stored();
      const run = add(`r${n}`);
      // Mostly towards the end, where it writes.
      await realSleep(usualMs * (0.5 + 0.6 * Math.random()));
      run.kill('SIGKILL');
      const { code } = await run.ended();
      const after = stored();
      assert.deepEqual(after, after.length > before.length ? [...before, `r${n}`] : before);
      assert.ok(code !== 0 || after.length > before.length, 'what was told to be done is there');
      assert.ok(readFileSync(join(config, 'config.json'), 'utf8').endsWith('}'));
    }
    assert.equal((await add('last').ended()).code, 0);
    assert.ok(stored().includes('last'));
  });
});
