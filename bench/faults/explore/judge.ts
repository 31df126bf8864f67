import { type Id } from '../../../src/base/ids.js';
import { PROMISES, violations, type Promised, type Violation } from '../checks.js';
import { type ExploredChapter, type Played } from './played.js';

/** How long after the 202 somebody else's entry can still be taken for one's own (design, "Sequence" 4), and a request. */
const CLAIM_WINDOW_MS = 2000 + 100;
/** An entry that has shown up this long before a run ends must be known to it: no two polls are further apart. */
const SEEN_MS = 6000;

/** Which promises were broken. */
export function judge(played: Played): Violation[] {
  const broken = violations(played, (chapter, undone) => judgeGreen(played, chapter, undone));
  return played.wrongRemovals > 0 ? [{ promise: 'record', what: PROMISES.record }, ...broken] : broken;
}

function judgeGreen(played: Played, chapter: ExploredChapter, undone: readonly Id[]): Promised | null {
  const node = undone.find((target) => !isExcused(played, chapter, target));
  if (node === undefined || chapter.end.how !== 'result') return null;
  const row = chapter.end.result.nodes.find(({ node_id }) => node_id === node);
  if (!row) return 'forgotten';
  const rivals = played.rivals.flatMap(({ activities }) => activities.map(({ id }) => id));
  return row.activity_id !== null && rivals.includes(row.activity_id) ? 'stolen' : 'falseGreen';
}

/**
 * Whether nobody could have told: another operator's entry completed on that node, it came too early to be told apart
 * (or no 202 says when this trigger was accepted), and the own one had not shown up beside it.
 */
function isExcused({ own, rivals }: Played, { serverNow, acceptedAt }: ExploredChapter, node: Id): boolean {
  const hasShownUp = own
    .flatMap(({ activities }) => activities)
    .some(({ node_id, appears_at }) => node_id === node && appears_at !== null && appears_at <= serverNow - SEEN_MS);
  const canPass = rivals.some(
    ({ at, activities }) =>
      (acceptedAt === null || at <= acceptedAt + CLAIM_WINDOW_MS) &&
      activities.some(
        ({ node_id, finishes_at }) => node_id === node && finishes_at !== null && finishes_at <= serverNow,
      ),
  );
  return canPass && !hasShownUp;
}
