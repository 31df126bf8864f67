/*
 * A run in a few words: what it does, on how many nodes, and what is wrong with one of them.
 */

import { DOING } from '../base/activity.js';
import { elapsedText } from '../base/durations.js';
import { isFailedGate, type NodeResult, type ResultFields } from '../base/outcome.js';
import { capitalized, count, plainText } from '../base/text.js';
import { gateWord, lookOf } from './rows.js';

/** `Restarting iggy`, `Reconfiguring connectors to 7262013455120900033` */
export const doingText = (action: string, runtime: string) =>
  capitalized(actionText(action, runtime, DOING));

/** `restart iggy`, `reconfigure connectors to 7262013455120900033`; or `reconfigure of connectors to …` */
export function actionText(action: string, runtime: string, words?: typeof DOING) {
  const [verb = '', config] = action.split(':');
  return plainText(
    `${words?.get(verb) ?? verb} ${runtime}${config === undefined ? '' : ` to ${config}`}`,
  );
}

/** `2 of 3 nodes`; of a single one, `1 node`. */
export function shareText(n: number, all: number) {
  return n === all && n === 1 ? '1 node' : `${n} of ${count(all, 'node')}`;
}

/** `restart of iggy`; `the actions` when it follows several. */
export function runName({ action, runtime }: Pick<ResultFields, 'action' | 'runtime'>): string {
  return action === null || runtime === null ? 'the actions' : actionText(action, `of ${runtime}`);
}

/**
 * What is wrong with a node, as in `2 of 3 nodes …`; null when it completed and passed its gate.
 */
export function troubleOf({ status, gate }: NodeResult): string | null {
  if (isFailedGate(gate)) {
    const after = gate.timed_out ? ` after ${elapsedText(gate.took_ms)}` : '';
    return `did not pass the gate, which ${gate.cut_off ? 'was ' : ''}${gateWord(gate)}${after}`;
  }
  return lookOf(status).trouble;
}
