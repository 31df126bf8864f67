import { type Id } from '../../src/base/ids.js';
import { type Scenario } from './scenario.js';
import { type Chapter, type Story } from './story.js';

/** The promises that a story can break (design, "Six promises"). */
export const PROMISES = {
  double: 'dispatched twice',
  falseGreen: 'exit 0 although it was not done',
  stolen: "exit 0 by somebody else's entry",
  forgotten: 'exit 0 although a node was forgotten',
  falseNothing: '"nothing was carried out" although it was',
  hang: 'a run that does not end',
  record: "a journal record removed that was another run's, or of a trigger that was accepted",
  leak: 'the API key in the output',
  fault: 'a fault in ldctl itself',
} as const;

export type Promised = keyof typeof PROMISES;

export interface Violation {
  promise: Promised;
  what: string;
}

/** What the promises of a story are judged by. */
export type Judged<C extends Chapter = Chapter> = Pick<Story, 'own' | 'namedBefore' | 'apiKey'> & {
  chapters: readonly C[];
  scenario: { trigger: Pick<Scenario['trigger'], 'kind' | 'targets'> };
};

/** Which promise a run broke that ended with 0, if any. `undone`: the targets that had not completed. */
export type JudgeGreen<C extends Chapter> = (chapter: C, undone: readonly Id[]) => Promised | null;

/** @param judgeGreen hears of every run that ended with 0 although a target was not done */
export function violations<C extends Chapter>(
  story: Judged<C>,
  judgeGreen: JudgeGreen<C> = () => 'falseGreen',
): Violation[] {
  const found = story.chapters.flatMap((chapter, index) => {
    const { end } = chapter;
    const undone = isGreen(chapter) ? undoneTargets(story, chapter) : [];
    const broken: Array<Promised | null | false> = [
      undone.length > 0 && judgeGreen(chapter, undone),
      saysNothingSent(chapter) && chapter.carriedOut() && 'falseNothing',
      end.how === 'hung' && 'hang',
      chapter.output.includes(story.apiKey) && 'leak',
      end.how === 'thrown' && end.exitCode === 1 && 'fault',
    ];
    return broken.flatMap((promise) =>
      promise ? [{ promise, what: `run ${index + 1} (${chapter.command}): ${PROMISES[promise]}` }] : [],
    );
  });
  const { length } = story.own;
  return length > 1 ? [{ promise: 'double', what: `carried out ${length} times` }, ...found] : found;
}

function isGreen({ end }: Chapter): boolean {
  return 'exitCode' in end && end.exitCode === 0;
}

/** By the server's record: the targets whose own activity has not completed. With --no-wait: all, if it was not accepted. */
function undoneTargets(story: Judged, { end, serverNow }: Chapter): readonly Id[] {
  const targets = targetsOf(story);
  if (end.how === 'result' && end.result.outcome === 'accepted') return story.own.length > 0 ? [] : targets;
  const activities = story.own.flatMap((dispatch) => dispatch.activities);
  return targets.filter(
    (node) =>
      !activities.some(
        ({ node_id, result, finishes_at }) =>
          node_id === node && result === 'completed' && finishes_at !== null && finishes_at <= serverNow,
      ),
  );
}

/** The nodes named or counted; for every node, those that the log knows: from before, or by an entry that shows up. */
function targetsOf({ scenario, own, namedBefore }: Judged): readonly Id[] {
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
