import { BEFORE, BEFOREHAND } from './before.js';
import { ENDING } from './ending.js';
import { ENTRIES } from './entries.js';
import { FOLLOWING } from './following.js';
import { LOG } from './log.js';
import { RECORD } from './record.js';
import { ROLLS } from './rolls.js';
import type { Sabotage } from './sabotage.js';
import { SENDING } from './sending.js';

/** By the section of docs/rules.md, and the rule there: each that the model plays has at least one. */
export const BY_RULE = {
  'Before anything is sent': BEFOREHAND,
  'A run': { ...BEFORE, ...RECORD, ...SENDING, ...ENTRIES, ...ENDING },
  'A roll': ROLLS,
  // The model plays its parts: what one process does after the other is no job.
  'The log': LOG,
};

/** The rules that the model does not play, and the file below `test` that shows each. */
export const SHOWN_ELSEWHERE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'Before anything is sent': {
    'How many': 'sessions/trigger/expect-nodes.txt',
    'A roll that names no nodes': 'sessions/roll/which-nodes.txt',
    'One number': 'sessions/questions/one-number.txt',
    'Asking Core': 'sessions/trigger/core-nobody-named.txt',
    'Few requests': 'sessions/trigger/a-long-log.txt',
    'Missing arguments': 'sessions/missing/trigger.txt',
    Questions: 'sessions/questions/every-node.txt',
    'Busy nodes': 'sessions/questions/busy-nodes.txt',
  },
  'The log': {
    'Newest first': 'parts/log/whole-log.test.ts',
    'Eight pages at once': 'parts/log/whole-log.test.ts',
    'How far down a page reaches': 'parts/log/pages.test.ts',
    'Late entries': 'sessions/list/watch.txt',
    State: 'sessions/nodes/list.txt',
    'No single time is trusted': 'parts/log/log.test.ts',
    '`--after ID`': 'sessions/list/after.txt',
    'Over several deployments': 'parts/log/merge.test.ts',
    '`nodes list --watch`': 'sessions/several/watch-screen.txt',
  },
};

export const SABOTAGES: readonly Sabotage[] = [
  ...Object.values(BY_RULE).flatMap((rules) => Object.values(rules).flat()),
  ...FOLLOWING,
];
