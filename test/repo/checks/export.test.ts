import assert from 'node:assert/strict';
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as realSleep } from 'node:timers/promises';
import { blocksOf } from '../../helpers/docs.js';
import { plan, until, withScene } from '../../helpers/scene.js';
import { seededRandom } from '../../../src/sandbox/tenant.js';

/** How much faster the sandbox's clock runs: a minute there is 0.6 s here. */
const SPEED = 100;
const KILLS = 10;
const LOOP = blocksOf('docs/scripting.md').find(({ lines }) =>
  lines.some((line) => line.includes('--after "${last')),
);

async function exportKilled(seed: number, order: 'asc' | 'desc'): Promise<void> {
  const random = seededRandom(seed);
  const start = Date.now();
  const now = (): number => start + (Date.now() - start) * SPEED;
  await withScene({ now, order, workMs: 5000, history: 2500 }, async (scene) => {
    const grow = () => {
      const { at, activities } = scene.restartByOther();
      for (const activity of activities) {
        // Within the minute, and one before or after another.
        activity.appears_at = at + random() * 50_000;
        activity.finishes_at = activity.appears_at + 5000;
      }
    };
    const [script, file] = [join(scene.folder, 'loop.sh'), join(scene.folder, 'activities.ndjson')];
    const loop =
      LOOP?.lines.join('\n').replace('sleep 30', 'sleep 0.1') ??
      assert.fail('the docs have the loop no more');
    writeFileSync(script, `cd '${scene.folder}'\n${loop}\n`);
    const growth = setInterval(grow, 100).unref();
    for (let kill = 0; kill < KILLS; kill += 1) {
      const run = scene.spawn('bash', [script]).input();
      await realSleep(random() * 1500);
      // Half of the time what the loop has started continues without it.
      if (kill % 2 === 0) {
        await scene.shell(`kill -KILL $(cat /proc/${String(run.child.pid)}/task/*/children)`);
      }
      run.kill('SIGKILL');
      if (kill % 4 !== 0) continue;
      // Half a line, as a kill in the middle of a write leaves it behind, once nobody writes any
      // more.
      await scene.shell(`flock '${file}.lock' true`);
      appendFileSync(file, '{"id":"73018450220032');
    }
    clearInterval(growth);
    await realSleep(60_000 / SPEED);
    const { stdout } = await scene.ends(
      0,
      'activities list --limit 0 -o csv --columns id --no-header',
    );
    const all = stdout.trimEnd().split('\n').reverse();
    const linesIn = (): string[] =>
      existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
    const run = scene.spawn('bash', [script]).input();
    await until('the whole log', () => linesIn().length >= all.length);
    run.kill('SIGKILL');
    assert.ok(all.length > 2500);
    assert.deepEqual(
      linesIn().map((line) => (JSON.parse(line) as { id: string }).id),
      all,
    );
  });
}

describe('the loop of docs/scripting.md, killed again and again: each entry once, none missing, oldest first', () => {
  plan('newest on page 1', () => exportKilled(1, 'desc'));
  plan('oldest on page 1', () => exportKilled(2, 'asc'));
});
