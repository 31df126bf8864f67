import { seededRandom } from '../../src/sandbox/tenant.js';
import { killAndRepeat } from '../helpers/roll-kills.js';
import { sideBySide } from '../helpers/side-by-side.js';

/** More of them: `npm run check:kills`. */
const KILLS = 5;
/** From the start of the process to beyond the last node. */
const LATEST_MS = 9000;

describe('a roll that is killed, and started again with the same key', function () {
  this.timeout(120_000);
  const random = seededRandom(11);
  const moments = Array.from({ length: KILLS }, (_, index) => Math.round(((index + random()) / KILLS) * LATEST_MS));

  sideBySide(
    Object.fromEntries(
      moments.map((moment, index) => [
        `acts on no node twice and forgets none: after ${moment} ms`,
        async () => {
          await killAndRepeat({ nodes: 4, killAfterMs: moment, seed: index + 1 });
        },
      ]),
    ),
  );
});
