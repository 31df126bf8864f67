import { type Id } from '../../src/core/ids.js';
import { type Chapter, type Story } from './story.js';

/** The promises that a scenario can break (issue 3). */
export const PROMISES = {
  double: 'dispatched twice',
  falseGreen: 'exit 0 although it was not done',
  falseNothing: '"nothing was carried out" although it was',
  hang: 'a run that does not end',
  leak: 'the API key in the output',
  fault: 'a fault in ldctl itself',
} as const;

export type Promised = keyof typeof PROMISES;

export interface Violation {
  promise: Promised;
  what: string;
}

export function violations(story: Story): Violation[] {
  const found = story.chapters.flatMap((chapter, index) => {
    const of = (promise: Promised, broken: boolean): Violation[] =>
      broken ? [{ promise, what: `run ${index + 1} (${chapter.command}): ${PROMISES[promise]}` }] : [];
    const { end } = chapter;
    return [
      ...of('falseGreen', isGreen(chapter) && !isDone(story, chapter)),
      ...of('falseNothing', saysNothingSent(chapter) && chapter.carriedOut()),
      ...of('hang', end.how === 'hung'),
      ...of('leak', chapter.output.includes(story.apiKey)),
      ...of('fault', end.how === 'thrown' && end.exitCode === 1),
    ];
  });
  const { length } = story.own;
  return length > 1 ? [{ promise: 'double', what: `carried out ${length} times` }, ...found] : found;
}

function isGreen({ end }: Chapter): boolean {
  return 'exitCode' in end && end.exitCode === 0;
}

/** By the server's record: every target's own activity has completed. With --no-wait: it was accepted. */
function isDone(story: Story, { end, serverNow }: Chapter): boolean {
  if (end.how === 'result' && end.event.result.outcome === 'accepted') return story.own.length > 0;
  const activities = story.own.flatMap((dispatch) => dispatch.activities);
  return targetsOf(story).every((node) =>
    activities.some(
      ({ node_id, result, finishes_at }) =>
        node_id === node && result === 'completed' && finishes_at !== null && finishes_at <= serverNow,
    ),
  );
}

/** The nodes named or counted; for every node, those that the log knows: from before, or by an entry that shows up. */
function targetsOf({ scenario, own, namedBefore }: Story): readonly Id[] {
  const { kind, targets } = scenario.trigger;
  if (kind !== 'observed') return targets;
  const shown = own.flatMap(({ activities }) => activities.filter(({ appears_at }) => appears_at !== null));
  const nodes = [...namedBefore, ...shown.map(({ node_id }) => node_id)];
  // Without an own dispatch there is nothing that could have been done.
  return nodes.length > 0 ? nodes : targets;
}

/** Exit 2, 4, 5 and 6 of a trigger, and whatever it throws but 7: an interrupt without a result, too. */
function saysNothingSent({ command, end }: Chapter): boolean {
  if (command !== 'trigger' || !('exitCode' in end)) return false;
  return end.how === 'thrown' ? end.exitCode !== 7 : [2, 4, 5, 6].includes(end.exitCode);
}
