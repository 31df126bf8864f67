import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { type Promised } from '../checks.js';
import { explore } from './explore.js';
import { formatPlan } from './plan.js';
import { SETTINGS, type SettingName } from './setting.js';

/** What the exploration of a setting came to, as one process can tell it to another. */
export interface Summary {
  setting: SettingName;
  /** How many stories there were with each number of faults. */
  stories: number[];
  runs: number;
  /** In how many stories each promise was broken, and the first of them. */
  broken: Array<{ promise: Promised; stories: number; first: string }>;
}

/** Explores settings, each in a process of its own, as many at once as there are processors. */
export async function exploreApart(
  names: readonly SettingName[],
  faults: number,
  onSummary: (summary: Summary) => void = () => undefined,
): Promise<Summary[]> {
  // The longest first, so that none is left to be waited for alone.
  const waiting = [...names].sort((a, b) => SETTINGS[b].runs - SETTINGS[a].runs);
  const summaries: Summary[] = [];
  const worker = async (): Promise<void> => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      const summary = await inOwnProcess(name, faults);
      summaries.push(summary);
      onSummary(summary);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return summaries;
}

function inOwnProcess(name: SettingName, faults: number): Promise<Summary> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), [name, String(faults)]);
    child.once('message', (summary) => {
      resolve(summary as Summary);
    });
    child.once('exit', (code) => {
      reject(new Error(`exploring ${name} ended with ${code}`));
    });
  });
}

async function summarize(name: SettingName, faults: number): Promise<Summary> {
  const { setting, stories, runs, broken, first } = await explore(name, faults);
  const shown = [...broken].map(([promise, count]): Summary['broken'][number] => {
    const failing = first.get(promise);
    return { promise, stories: count, first: failing ? formatPlan(failing.plan) : '' };
  });
  return { setting, stories, runs, broken: shown };
}

// This file again, as the process of one setting.
const [, file, name, faults] = process.argv;
if (process.send && file === fileURLToPath(import.meta.url)) {
  process.send(await summarize(name as SettingName, Number(faults)));
}
