import { BEFORE } from './before.js';
import { ENDING } from './ending.js';
import { ENTRIES } from './entries.js';
import { FOLLOWING } from './following.js';
import { RECORD } from './record.js';
import { ROLLS } from './rolls.js';
import type { Sabotage } from './sabotage.js';
import { SENDING } from './sending.js';

/** By the section of docs/rules.md, and the rule there: each has at least one. */
export const BY_RULE = {
  'A run': { ...BEFORE, ...RECORD, ...SENDING, ...ENTRIES, ...ENDING },
  'A roll': ROLLS,
};

export const SABOTAGES: readonly Sabotage[] = [
  ...Object.values(BY_RULE).flatMap((rules) => Object.values(rules).flat()),
  ...FOLLOWING,
];
