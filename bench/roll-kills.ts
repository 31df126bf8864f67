import { parseArgs } from 'node:util';
import { seededRandom } from '../src/sandbox/tenant.js';
import { killAndRepeat } from '../test/helpers/roll-kills.js';

/**
 * Kills a roll (SIGKILL) at random moments and starts it again with the same key, against a sandbox each: no node may
 * be acted on twice, and none forgotten. `--kills N` (50), `--seed N` (random), `--at-once N` (4).
 */
const NODES = 5;
/** From the start of the process to beyond its end, on a quick machine. */
const LATEST_MS = 11_000;

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '50' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    'at-once': { type: 'string', default: '4' },
  },
});
const random = seededRandom(Number(values.seed));
const kills = Array.from({ length: Number(values.kills) }, (_, index) => ({
  nodes: NODES,
  killAfterMs: Math.round(random() * LATEST_MS),
  seed: index + 1,
}));

const byCount = new Map<number, number>();
let failed = 0;
const left = kills.values();
/** Takes what is left, one after the other. */
const worker = async (): Promise<void> => {
  for (const kill of left) {
    try {
      const actedOn = await killAndRepeat(kill);
      byCount.set(actedOn, (byCount.get(actedOn) ?? 0) + 1);
    } catch (error) {
      failed += 1;
      console.error(error instanceof Error ? error.message : String(error));
    }
  }
};
await Promise.all(Array.from({ length: Number(values['at-once']) }, worker));
const spread = [...byCount].sort(([a], [b]) => a - b).map(([nodes, times]) => `${nodes} ×${times}`);
console.log(`${kills.length} kills (seed ${values.seed}), ${failed} of them with a node acted on twice or forgotten`);
console.log(`nodes acted on when it was killed: ${spread.join(', ')}`);
process.exitCode = failed === 0 ? 0 : 1;
