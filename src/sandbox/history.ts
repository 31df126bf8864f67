import { type Action, type Runtime } from '../base/activity.js';
import { type Id } from '../base/ids.js';
import { type LogEntry, type ActivityDraft } from './deployment-log.js';
import { OPERATORS } from './tenant.js';

const HOUR = 3_600_000;
/** How far back the history reaches. */
const SPAN = 96 * HOUR;

interface PastAction {
  runtime: Runtime;
  action: Action;
  authorId: Id;
  result: LogEntry['result'];
  tookMs: number;
}

/** What was done in the past, over and over. It leaves every runtime started, as the nodes are at first. */
const PAST_ACTIONS: readonly PastAction[] = [
  { runtime: 'iggy', action: { verb: 'restart' }, authorId: OPERATORS.ada, result: 'completed', tookMs: 4_200 },
  {
    runtime: 'connectors',
    action: { verb: 'reconfigure', configId: 7262600000000000043n },
    authorId: OPERATORS.bo,
    result: 'completed',
    tookMs: 9_800,
  },
  { runtime: 'connectors', action: { verb: 'restart' }, authorId: OPERATORS.bo, result: 'completed', tookMs: 3_100 },
  // Starting what is running is rejected.
  { runtime: 'iggy', action: { verb: 'start' }, authorId: OPERATORS.ada, result: 'rejected', tookMs: 700 },
];

/** `count` past activities, the oldest first, the newest an hour before `now` (ms UTC), naming the nodes in turn. */
export function* pastActivities(count: number, nodes: readonly Id[], now: number): Generator<ActivityDraft> {
  for (let index = 0; index < count; index += 1) {
    const past = PAST_ACTIONS[index % PAST_ACTIONS.length];
    const nodeId = nodes[index % nodes.length];
    if (!past || nodeId === undefined) return;
    const { tookMs, ...what } = past;
    const createdAt = Math.floor(now - HOUR - ((count - 1 - index) / count) * SPAN);
    yield { ...what, nodeId, createdAt, appearsAt: createdAt, finishesAt: createdAt + tookMs };
  }
}
