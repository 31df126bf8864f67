import { DOING, verbOf } from '../base/activity.js';
import { ageText } from '../base/durations.js';
import type { RuntimeState } from '../log/nodes.js';
import { cellText, type CellView } from '../output/columns.js';

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
  if (status === 'processing') return aged(DOING[verb] ?? verb, at);
  const after = aged(status === 'completed' ? verb : `${verb} ${status}`, at, ' ago');
  if (state === null) return after;
  const isDecider = status === 'completed' && verb !== 'reconfigure';
  return isDecider ? aged(state, since) : `${aged(state, since)}, ${after}`;
}
