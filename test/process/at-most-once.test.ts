import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as realSleep } from 'node:timers/promises';
import { LDCTL, type Ended } from '../helpers/ldctl.js';
import { parseJson } from '../helpers/readers.js';
import { endsWith, story, until, type Scene } from '../helpers/scene.js';

const KEYED = 'activities trigger iggy restart -o json --node 7 --idempotency-key deploy-7';
const SEVEN = { nodes: [7n] };
/** It does what is sent twice twice: there it is for ldctl alone to see to it. */
const KEYS_IGNORED = { ...SEVEN, ignoreIdempotency: true };

interface Result {
  nodes: unknown[];
}

const resultOf = ({ stdout }: Ended): Result => parseJson(stdout) as Result;

/** Loaded into ldctl: it stops itself, as by SIGSTOP, once its journal record has its name. */
const STOPS_ITSELF = `
const fs = require('node:fs');
const { linkSync } = fs;
let isStopped = false;
fs.linkSync = (from, to) => {
  linkSync(from, to);
  if (isStopped || !/[0-9a-f]{64}[.][0-9]+$/.test(String(to))) return;
  isStopped = true;
  process.stderr.write('stopped\\n');
  process.kill(process.pid, 'SIGSTOP');
};`;

/**
 * A run that is stopped between its record and its first POST, continues after `meanwhile`, and
 * completes.
 */
async function stopped(scene: Scene, meanwhile: () => Promise<unknown>): Promise<Ended> {
  const file = join(scene.folder, 'stops-itself.cjs');
  writeFileSync(file, STOPS_ITSELF);
  const run = scene.start(KEYED, { NODE_OPTIONS: `--require="${file}"` }).input();
  await run.said(/^stopped$/m);
  assert.equal(scene.posts.length, 0);
  await meanwhile();
  // Where it had said so, but was not stopped yet, one signal would come too soon.
  const timer = setInterval(() => run.kill('SIGCONT'), 50);
  return endsWith(0, run).finally(() => clearInterval(timer));
}

describe('an action runs at most once', () => {
  // Before the first read, and while the POST runs: the server takes its time to answer.
  for (const [seed, afterMs] of [null, 200].entries()) {
    const when =
      afterMs === null ? 'before it could send anything' : `${afterMs} ms after its baseline`;
    story(`when it is killed ${when}`, { ...KEYS_IGNORED, answerMs: 400, seed }, async (scene) => {
      const killed = scene.start(KEYED).input();
      if (afterMs === null) await until('its first read', () => scene.sandbox.record.reads > 0);
      else await killed.said(/idempotency key/).then(() => realSleep(afterMs));
      killed.kill('SIGKILL');
      await killed.ended();
      await scene.ends(0, KEYED);
      assert.deepEqual(scene.actedOn, [7n]);
    });
  }

  if (process.platform === 'linux') {
    story(
      'where its record lies in the folder of an earlier version',
      KEYS_IGNORED,
      async (scene) => {
        scene.env.LDCTL_CONFIG_DIR = undefined;
        const stateOf = (home: string) => join(scene.folder, home, 'ldctl', 'runs');
        const firstOf = (home: string) => readdirSync(stateOf(home)).sort()[0];
        const state = join(scene.folder, 'state');
        await scene.ends(0, KEYED, { XDG_STATE_HOME: state });
        // A relative path is none.
        await scene.ends(0, KEYED, { XDG_STATE_HOME: 'relative' });
        assert.equal(scene.posts.length, 2);
        assert.equal(firstOf('state'), firstOf('.local/state'));
        mkdirSync(join(scene.folder, '.config', 'ldctl'), { recursive: true, mode: 0o700 });
        renameSync(stateOf('state'), stateOf('.config'));
        await scene.ends(0, KEYED, { XDG_STATE_HOME: state });
        assert.equal(scene.posts.length, 2);
      },
    );
  }

  // A single executable loads nothing but itself.
  if (!LDCTL.endsWith('.js')) return;
  story(
    'when it is stopped before its POST, and another run is accepted meanwhile',
    KEYS_IGNORED,
    async (scene) => {
      let other: Ended | undefined;
      const ended = await stopped(scene, async () => (other = await scene.ends(0, KEYED)));
      assert.ok(other);
      assert.deepEqual([resultOf(ended).nodes, scene.posts.length], [resultOf(other).nodes, 1]);
    },
  );

  story(
    'when it is stopped before its POST, and there is no other run',
    KEYS_IGNORED,
    async (scene) => {
      await stopped(scene, () => Promise.resolve());
      assert.equal(scene.posts.length, 1);
    },
  );
});
