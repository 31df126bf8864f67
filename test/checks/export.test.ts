import assert from 'node:assert/strict';
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as realSleep } from 'node:timers/promises';
import { blocksOf } from '../helpers/docs.js';
import { plan, until, withScene, type Scene } from '../helpers/scene.js';
import { seededRandom } from '../../src/sandbox/tenant.js';

/** The sandbox's clock runs so many times as fast: a minute there is 0.6 s here. */
const SPEED = 100;
const KILLS = 10;
const LOOP = blocksOf('docs/scripting.md').find(({ lines }) =>
  lines.some((line) => line.includes('--after "${last:-0}"')),
);

function fastClock(): () => number {
  const start = Date.now();
  return () => start + (Date.now() - start) * SPEED;
}

/** The loop of the docs, which waits for less long. */
function loopOf(scene: Scene): string {
  assert.ok(LOOP, 'docs/scripting.md has the loop no more');
  const text = LOOP.lines.join('\n');
  assert.match(text, /^ {2}sleep 30$/m);
  const path = join(scene.folder, 'loop.sh');
  writeFileSync(path, `cd ${scene.folder}\n${text.replace('sleep 30', 'sleep 0.1')}\n`);
  return path;
}

function linesIn(file: string): string[] {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
}

/** The processes that a process has started. */
function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .split(' ')
    .filter((word) => word !== '')
    .map(Number);
}

async function exportKilled(seed: number, order: 'asc' | 'desc'): Promise<void> {
  const random = seededRandom(seed);
  const now = fastClock();
  // Within the minute, and one before or after another.
  const appearMs = (): number => random() * 50_000;
  await withScene({ now, order, appearMs, workMs: 5000, history: 2500 }, async (scene) => {
    const loop = loopOf(scene);
    const file = join(scene.folder, 'activities.ndjson');
    const growth = setInterval(
      () => scene.sandbox.dispatchAsOther({ runtime: 'iggy', action: { verb: 'restart' } }),
      100,
    );
    try {
      for (let kill = 0; kill < KILLS; kill += 1) {
        const run = scene.spawn('bash', [loop]).input();
        await realSleep(random() * 1500);
        const { pid } = run.child;
        // Half of the time what the loop has started goes on without it.
        if (pid !== undefined && kill % 2 === 0) for (const child of childrenOf(pid)) process.kill(child, 'SIGKILL');
        run.kill('SIGKILL');
        if (kill % 4 === 0) await tear(scene, file);
      }
    } finally {
      clearInterval(growth);
    }
    await realSleep(60_000 / SPEED);
    const { stdout } = await scene.ldctl([
      'activities',
      'list',
      '--limit',
      '0',
      '-o',
      'csv',
      '--columns',
      'id',
      '--no-header',
    ]);
    const all = stdout.trimEnd().split('\n').reverse();
    const run = scene.spawn('bash', [loop]).input();
    await until('the whole log', () => linesIn(file).length >= all.length);
    run.kill('SIGKILL');
    assert.ok(all.length > 2500);
    assert.deepEqual(
      linesIn(file).map((line) => (JSON.parse(line) as { id: string }).id),
      all,
    );
  });
}

/** Leaves half a line behind, as a kill in the middle of a write does, once nobody writes any more. */
async function tear(scene: Scene, file: string): Promise<void> {
  await scene.shell(`flock ${file}.lock true`);
  appendFileSync(file, '{"id":"73018450220032');
}

describe('the loop of docs/scripting.md, killed again and again', () => {
  plan('newest on page 1: each entry once, none missing, oldest first', () => exportKilled(1, 'desc'));
  plan('oldest on page 1: each entry once, none missing, oldest first', () => exportKilled(2, 'asc'));
});
