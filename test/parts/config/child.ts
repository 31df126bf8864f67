import { systemClock } from '../../../src/base/clock.js';
import { openRunJournal } from '../../../src/config/journal.js';

/** `FOLDER NUMBER`: starts twenty keys when it is told to, and says of each whose record it is. */
const [folder = '', number = '0'] = process.argv.slice(2);
const journal = openRunJournal([folder], systemClock);

process.stdin.once('data', () => {
  for (let n = 0; n < 20; n++) {
    const counts = { date: null, expect: null, core: null, listed: { here: [], elsewhere: [] } };
    const asked = { key: `key-${n}`, apiKey: '0f1e2d3c', ...counts };
    const claim = journal.claim({ ...asked, baseline: BigInt(number), postedAt: Date.now() }, 0);
    process.stdout.write(`${n} ${'made' in claim ? 'mine' : claim.found.record.baseline}\n`);
  }
  process.stdin.destroy();
});
process.stdout.write('ready\n');
