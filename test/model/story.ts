import type { Found } from './explore.js';
import { CLAUSES } from './judge/clauses.js';
import { dueOf } from './judge/due.js';
import { judge } from './judge/index.js';
import { play } from './play.js';
import type { Setting } from './setting.js';

/** A story as text: what went wrong, a line for each step and each fact, and what is broken. */
export async function storyOf(setting: Setting, { plan, faults: most }: Found): Promise<string> {
  const lines: string[] = [];
  const story = await play(setting, plan, most, { tell: (line) => lines.push(line) });
  const faults = story.faults.length === 0 ? 'nothing' : story.faults.map(faultText).join('; ');
  const broken = judge(story).broken.map((clause) => `broken: ${clause}: ${CLAUSES[clause]}`);
  const due = story.processes
    .filter(({ isDead, endedAt }) => !isDead && endedAt < Infinity)
    .map(
      (one) =>
        `${'ABCDEF'[one.by] ?? '?'} is due to end with ${dueOf(story, one).codes.join(' or ')}`,
    );
  return [
    `setting: ${setting.name}`,
    `wrong: ${faults}`,
    '',
    ...shortened(lines),
    '',
    ...(broken.length > 0 ? [...due, ...broken] : ['every promise is kept']),
    '',
  ].join('\n');
}

function faultText(fault: unknown): string {
  if (fault === Infinity) return 'an entry never shows';
  return typeof fault === 'number' ? `an entry shows ${fault / 1000} s later` : String(fault);
}

/** Reads that show the same again and again are counted. */
function shortened(lines: readonly string[]): string[] {
  const short: string[] = [];
  let [same, last] = [0, ''];
  for (let n = 0; n < lines.length; n++) {
    const [line = '', next = ''] = lines.slice(n, n + 2);
    const what = `${withoutTime(line)} ${withoutTime(next)}`;
    if (/ reads /.test(line) && what === last) {
      same += 1;
      n += 1;
      continue;
    }
    if (same > 0) {
      short.push(`            (${same} more ${same === 1 ? 'read shows' : 'reads show'} the same)`);
    }
    same = 0;
    if (/ reads /.test(line)) last = what;
    short.push(line);
  }
  return short;
}

const withoutTime = (line: string): string => line.slice(8);
