import { writeSync } from 'node:fs';
import { systemClock } from '../../../src/base/clock.js';
import { openRunJournal } from '../../../src/config/journal.js';

/** What tests run in processes of their own: `JOB FOLDER NAME`. Its lines on stdout are its progress. */
const [job, folder = '', name = ''] = process.argv.slice(2);

/** Written at once, and not when the event loop gets round to it: the process may be killed before. */
function say(line: string): void {
  writeSync(1, `${line}\n`);
}

/** Lets many processes begin at once, however long each took to start. */
async function startSignal(): Promise<void> {
  say('ready');
  await new Promise((resolve) => process.stdin.once('data', resolve));
  process.stdin.destroy();
}

switch (job) {
  case 'begin': {
    await startSignal();
    const journal = openRunJournal(folder, systemClock);
    for (let n = 0; n < 20; n++) {
      const record = {
        ...{ key: `key-${n}`, deploymentId: 1n, runtime: 'iggy', action: 'restart', nodes: null, known: [] },
        ...{ baseline: BigInt(name), postedAt: Date.now() },
      };
      const kept = await journal.begin(record);
      say(`${n} ${kept === null ? 'mine' : String(kept.record.baseline)}`);
    }
    break;
  }
  default:
    throw new Error(`no such job: ${String(job)}`);
}
