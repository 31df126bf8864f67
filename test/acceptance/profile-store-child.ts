import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { systemClock } from '../../src/base/clock.js';
import { ApiKey } from '../../src/base/secret.js';
import { FileJournal } from '../../src/config/old-journal.js';
import { withLock } from '../../src/config/lock.js';
import { type Profile } from '../../src/config/profile.js';
import { ProfileStore } from '../../src/config/store.js';

/** What the tests of the store run in processes of their own: `JOB FOLDER NAME`. Its lines on stdout are its progress. */
const [job, folder = '', name = ''] = process.argv.slice(2);
const store = new ProfileStore(folder, systemClock);

const profile = (of: string): Profile => ({
  name: of,
  tenant_id: 18446744073709551615n,
  key: { store: 'file', api_key: new ApiKey(`ld_pk_${of}_${'x'.repeat(2000)}`) },
});

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
  case 'add':
    await startSignal();
    await store.add(profile(name));
    break;
  case 'keep-adding':
    for (let n = 0; ; n++) {
      await store.add(profile(`${name}-${n}`));
      say(`${name}-${n}`);
    }
  case 'hold-lock':
    await withLock(join(folder, 'config.json.lock'), systemClock, () => {
      say('held');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    });
    break;
  case 'lock-often': {
    const impatient = { ...systemClock, sleep: () => nextTurn() };
    await startSignal();
    for (let n = 0; n < 500; n++) await withLock(join(folder, 'lock'), impatient, () => undefined);
    break;
  }
  case 'claim': {
    await startSignal();
    const baseline = { highestId: BigInt(name), nodes: [] };
    const record = { wireKey: 'deploy-7', baseline, firstPostAt: Date.now(), state: 'posting', token: name } as const;
    const first = await new FileJournal(folder, systemClock).update('deploy-7', (known) => known ?? record);
    say(`first ${String((first ?? record).baseline.highestId)}`);
    break;
  }
  default:
    throw new Error(`no such job: ${String(job)}`);
}
