/*
 * A node as a person picks it: by its name or id, beside its state in words.
 */

import { DOING, verbOf } from '../../base/activity.js';
import { ageText } from '../../base/durations.js';
import type { Id } from '../../base/ids.js';
import type { Findings } from '../../app/survey.js';
import { nodeStates, type RuntimeState } from '../../log/nodes.js';
import { cellText, nodeText, type CellView } from '../../output/columns.js';
import type { Host } from '../host.js';

/**
 * `running 3h`, `stopped 6s, restart rejected 2s ago`, `restarting 3s`; no ages off a terminal.
 */
export function stateText(
  summary: RuntimeState | undefined,
  { isTTY, now }: Pick<CellView, 'isTTY' | 'now'>,
) {
  if (!summary) return cellText(null);
  const { action, status, created_at: at, state, since } = summary;
  const verb = verbOf(action);
  const aged = (text: string, time: string | null, ago = '') =>
    isTTY && time ? `${text} ${ageText(time, now)}${ago}` : text;
  if (status === 'processing') return aged(DOING.get(verb) ?? verb, at);
  const after = aged(status === 'completed' ? verb : `${verb} ${status}`, at, ' ago');
  if (state === null) return after;
  const isDecider = status === 'completed' && verb !== 'reconfigure';
  return isDecider ? aged(state, since) : `${aged(state, since)}, ${after}`;
}

/** What there is to pick from, with the state of a runtime. */
export async function nodeChoices(
  { clock, output }: Host,
  asked: {
    listed: readonly Id[];
    runtime: string;
    found: Pick<Findings, 'entries' | 'serverTime'> | null;
  },
) {
  const { listed, runtime, found } = asked;
  const view = { isTTY: true, now: found?.serverTime ?? clock.now() };
  const states = await nodeStates(found ? [found] : []);
  return listed.map((node) => {
    const state = states.find(({ node_id: id }) => id === node)?.runtimes[runtime];
    const text = state ? stateText(state, view) : `no ${runtime} entry`;
    return { node, label: nodeText(node, output.stderr), state: text, words: wordsOf(state) };
  });
}

/** What a person types to find it: its state, what happened last, and whether it is busy. */
function wordsOf(summary: RuntimeState | undefined) {
  if (!summary) return ['none'];
  const { action, status, state } = summary;
  const verb = verbOf(action);
  const last = status === 'processing' ? ['busy', DOING.get(verb) ?? verb] : [status, verb];
  return state === null ? last : [state, ...last];
}
