import { isFinal, type Activity } from '../base/activity.js';
import { formatDuration } from '../base/durations.js';
import { isFailedGate, MISSING, NOT_STARTED, type NodeResult, type ResultFields } from '../base/outcome.js';
import { type RunStep } from '../job/events.js';
import { count, plainText, shortList } from '../base/text.js';
import { timeText, tookMs } from './columns.js';
import { sentence } from './error.js';
import { gateWord, standingOf } from './rows.js';
import { painter, type Sink } from './streams.js';

/** The first line of a run. */
export interface RunTitle {
  /** `Restarting iggy` */
  doing: string;
  /** The deployment by the best name that is known. */
  place: string;
  /** Null where the log, or `--expect-nodes`, says how many there are. */
  nodes: number | null;
}

const DOING: Readonly<Record<string, string>> = {
  start: 'Starting',
  stop: 'Stopping',
  restart: 'Restarting',
  reconfigure: 'Reconfiguring',
};

/** `Restarting iggy`, `Reconfiguring connectors to 7262013455120900033` */
export function doingText(action: string, runtime: string): string {
  const [verb = '', config] = action.split(':');
  return plainText(`${DOING[verb] ?? action} ${runtime}${config === undefined ? '' : ` to ${config}`}`);
}

/** `Restarting iggy on platform/production/sandbox: 3 nodes` */
export function headlineText({ doing, place }: RunTitle, nodes: number): string {
  return `${doing} on ${place}${nodes === 0 ? '' : `: ${count(nodes, 'node')}`}`;
}

/** `2 of 3 nodes`; of a single one, `1 node`. */
export function shareText(n: number, all: number): string {
  return n === all && n === 1 ? '1 node' : `${n} of ${count(all, 'node')}`;
}

/** `restart of iggy`; `the run` when it is not of one kind. */
export function runName({ action, runtime }: Pick<ResultFields, 'action' | 'runtime'>): string {
  return action === null || runtime === null ? 'the run' : plainText(`${action} of ${runtime}`);
}

/** What follows the name of a target that has not completed, or how many; null where all is well. */
export function troubleOf({ status, gate }: NodeResult): string | null {
  if (isFailedGate(gate)) return `completed, but its gate ${gateWord(gate)}`;
  if (status === 'completed') return null;
  if (status === 'rejected') return REJECTED;
  if (status === MISSING) return NOT_FOUND;
  if (status === NOT_STARTED) return NOT_BEGUN;
  if (status === null) return 'not seen yet';
  return status === 'processing' ? 'still processing' : plainText(status);
}
const REJECTED = 'rejected it';
const NOT_FOUND = 'missing from the log';
const NOT_BEGUN = 'not started';

export interface SummaryOptions {
  /** Say nothing of a success. */
  quiet: boolean;
  /** Flags that name the same deployment in a later command. */
  target?: string;
  /** The key and the id of the request were said before. */
  debug?: boolean;
}

/** What became of a run, in a sentence; and on lines of their own, to be copied, the commands that say more, or go on. */
export function summaryText(sink: Sink, result: ResultFields, options: SummaryOptions): string {
  const { outcome, nodes, targets, resume, idempotency_key: key, request_id: request } = result;
  const { quiet, target = '', debug = false } = options;
  const isGood = outcome === 'completed' || outcome === 'accepted';
  if (isGood && quiet) return '';
  const paint = painter(sink.colour);
  const bad = nodes.filter(({ status }) => status === 'rejected' || status === MISSING);
  const ids = bad.flatMap(({ node_id: id }) => id ?? []).slice(0, 10);
  const look = ids.length === 0 ? null : `ldctl activities list --node ${ids.join()} ${target}`.trimEnd();
  const commands = [look, resume].filter((command) => command !== null);
  // Where the log alone says which nodes there are.
  const mayHaveLeft = targets === 'observed' && bad.some(({ status }) => status === MISSING);
  // Off a terminal they stand in the lines before. A roll goes on by its key, which is in the command.
  const isSaid = !sink.isTTY || debug || resume === null || key === null || resume.includes(key);
  const style = isGood ? 'ok' : outcome === 'interrupted' ? undefined : 'bad';
  return [
    sentence(sink, endingOf(result), style),
    mayHaveLeft ? sentence(sink, `hint: ${LEFT_HINT}`, 'bold') : '',
    ...commands.map((command, index) => `${paint('bold', index === 0 ? 'next:' : 'or:')} ${plainText(command)}\n`),
    isSaid ? '' : sentence(sink, `idempotency key ${key}\nrequest ${request ?? 'unknown'}`, 'dim', 'all'),
  ].join('');
}

const LEFT_HINT =
  'The log also names nodes that have left. --expect-nodes deployment counts those that are there; --node names them.';

function endingOf(result: ResultFields): string {
  const { outcome, nodes, targets, action } = result;
  const name = runName(result);
  const completed = nodes.filter(({ status }) => status === 'completed').length;
  if (outcome === 'completed') return `✓ ${name} completed on ${shareText(completed, nodes.length)}`;
  if (outcome === 'accepted') return `✓ ${name} accepted`;
  const troubles = troublesOf(nodes);
  if (outcome === 'interrupted') {
    const waiting = nodes.filter(({ status }) => status === NOT_STARTED).length;
    const open = nodes.filter((node) => standingOf(node) === 'open').length - waiting;
    if (nodes.length > 0 && open === 0) return `Stopped: ${name}, ${troubles || 'before its last gate had passed'}`;
    const what = action === null ? 'what it follows' : `the ${plainText(action.replace(/:.*/s, ''))}`;
    const rest = waiting === 0 ? '' : ` ${count(waiting, 'node was', 'nodes were')} not started.`;
    return `Stopped watching; ${what} goes on.${rest}`;
  }
  const isMore = outcome === 'unconfirmed' && targets === 'expected' && completed > 0 && completed === nodes.length;
  if (isMore) return `✗ ${name} completed on ${count(completed, 'node')}, more than were expected`;
  const unknown = outcome === 'timed_out' ? 'timed out' : 'it is not known what became of it';
  return `✗ ${name}: ${troubles || unknown}`;
}

/** What became of those that did not complete, the worst first. */
function troublesOf(nodes: readonly NodeResult[]): string {
  const groups = new Map<string, NodeResult[]>([REJECTED, NOT_FOUND].map((words) => [words, []]));
  for (const node of nodes) {
    const words = troubleOf(node);
    if (words === null) continue;
    const group = groups.get(words);
    // Added in place: a copy for each of 100,000 nodes takes minutes.
    if (group) group.push(node);
    else groups.set(words, [node]);
  }
  return [...groups]
    .filter(([, group]) => group.length > 0)
    .map(([words, group], index) => {
      const ids = group.map(({ node_id: id, activity_id: activity }) => id ?? (activity && `activity ${activity}`));
      const known = words === NOT_BEGUN ? [] : ids.filter((id) => id !== null);
      const which = known.length === 0 ? '' : ` (${shortList(known)})`;
      return `${index === 0 ? shareText(group.length, nodes.length) : group.length} ${words}${which}`;
    })
    .join('; ');
}

function dispatchedText(event: Extract<RunStep, { event: 'dispatched' }>): string {
  const { request_id: id, replayed, recovered, earlier, node_id: node } = event;
  const request = id === null ? '' : ` (request ${plainText(id)})`;
  const which = node === undefined ? '' : `${node} `;
  if (earlier) {
    return `${which}dispatched by an earlier run, ${formatDuration(earlier.ageMs)} ago; it is not done again`;
  }
  if (recovered) return `${which}dispatched: the answer was lost, the log has its entries${request}`;
  return `${which}dispatched${replayed ? ' before: the answer is a replay' : ''}${request}`;
}

/** An event as a line, in every display; null where it has none. */
export function eventText(event: RunStep): string | null {
  switch (event.event) {
    case 'baseline': {
      // What a later re-run or `wait --after` needs, and what is expected.
      const { baseline, idempotencyKey, expects } = event;
      const expected = expects > 0 ? `, expecting ${count(expects, 'node')}` : '';
      return `idempotency key ${plainText(idempotencyKey)}, log up to ${baseline}${expected}`;
    }
    case 'dispatched':
      return dispatchedText(event);
    case 'activity':
      return `${event.activity.node_id} ${activityText(event.activity)}`;
    case 'gate':
      return `${event.node_id} gate ${gateWord(event.gate)} (${formatDuration(event.gate.took_ms)})`;
    case 'gate_output':
      return `${event.node_id} gate | ${plainText(event.line)}`;
    default:
      return null;
  }
}

/** `activity 7261845022003200001 completed (4.8s)` */
function activityText(activity: Activity): string {
  const took = isFinal(activity.status) ? tookMs(activity) : null;
  return `activity ${activity.id} ${plainText(activity.status)}${took === null ? '' : ` (${formatDuration(took)})`}`;
}

/** The same with all that tells it from others, and when it happened by the server's clock. */
export function changeText(activity: Activity): string {
  const at = timeText(activity.finished_at ?? activity.created_at, true);
  const what = plainText(`${activity.runtime} ${activity.action}`);
  return `${at} ${activity.node_id} ${what}, ${activityText(activity)}`;
}
