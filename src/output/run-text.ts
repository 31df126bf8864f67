import { isFinal, type Activity } from '../base/activity.js';
import { formatDuration } from '../base/durations.js';
import { type Id } from '../base/ids.js';
import {
  isFailedGate,
  MISSING,
  NOT_STARTED,
  type NodeResult,
  type Outcome,
  type ResultFields,
} from '../base/outcome.js';
import { type EarlierRun, type ProgressEstimate, type RunStep } from '../base/progress.js';
import { count, plainText, shortList } from '../base/text.js';
import { elapsedText, timeText, tookMs } from './columns.js';
import { gateWord } from './status.js';
import { type Paint } from './streams.js';

/** What a run does, and where: the first line of its display. */
export interface RunTitle {
  /** `Restarting iggy` */
  doing: string;
  /** The deployment by the best name that is known: see `placeOf`. */
  place: string;
  /** How many nodes are named; null where the log, or `--expect-nodes`, says how many there are. */
  nodes: number | null;
}

const DOING: Readonly<Record<string, string>> = {
  start: 'Starting',
  stop: 'Stopping',
  restart: 'Restarting',
  reconfigure: 'Reconfiguring',
};

/** `Restarting iggy`, `Reconfiguring connectors to 7262013455120900033`. @param action as `formatAction` writes it */
export function doingText(action: string, runtime: string): string {
  const [verb = '', config] = action.split(':');
  return plainText(`${DOING[verb] ?? action} ${runtime}${config === undefined ? '' : ` to ${config}`}`);
}

/** A deployment by the best name that is known. */
export function placeOf({ id, name, path }: { id: Id; name: string | null; path?: string | null }): string {
  return plainText(path ?? name ?? `deployment ${id}`);
}

/** `Restarting iggy on platform/production/sandbox: 3 nodes` */
export function headlineText({ doing, place }: RunTitle, nodes: number): string {
  return `${doing} on ${place}${nodes === 0 ? '' : `: ${count(nodes, 'node')}`}`;
}

/** `restart of iggy`; `the run` when it is not of one kind. */
export function runName({ action, runtime }: Pick<ResultFields, 'action' | 'runtime'>): string {
  return action === null || runtime === null ? 'the run' : plainText(`${action} of ${runtime}`);
}

export interface SummaryOptions {
  /** Say nothing of a success. */
  quiet: boolean;
  /** Flags that name the same deployment in a later command, as a shell takes them. */
  target?: string;
  /** Say the key and the id of the request where there is something to go on with: they were not said before. */
  reference: boolean;
}

const GOOD: ReadonlySet<Outcome> = new Set(['completed', 'accepted', 'dry_run']);

/**
 * What became of a run, for people, in one line that names the nodes it went wrong on; and on lines of their own, whole,
 * to be copied, the commands that say more, or go on.
 */
export function summaryText(
  result: ResultFields,
  { quiet, target = '', reference }: SummaryOptions,
  paint: Paint,
): string {
  const isGood = GOOD.has(result.outcome);
  if (isGood && quiet) return '';
  const lines = [endingText(result, paint)];
  const inTrouble = result.nodes.flatMap(({ node_id: id, status }) =>
    id !== null && (status === 'rejected' || status === MISSING) ? [id] : [],
  );
  const next = [
    ...(inTrouble.length === 0
      ? []
      : [`ldctl activities list --node ${inTrouble.slice(0, 10).join()} ${target}`.trimEnd()]),
    ...(result.resume === null ? [] : [result.resume]),
  ];
  if (result.targets === 'observed' && result.nodes.some(({ status }) => status === MISSING)) {
    lines.push(`${paint('bold', 'hint:')} ${LEFT_HINT}`);
  }
  next.forEach((command, index) => lines.push(`${paint('bold', index === 0 ? 'next:' : 'or:')} ${plainText(command)}`));
  if (reference && result.resume !== null) lines.push(...referenceLine(result).map((line) => paint('dim', line)));
  return lines.map((line) => `${line}\n`).join('');
}

/** Where the log alone says which nodes there are. */
const LEFT_HINT =
  'The log also names nodes that have left. --expect-nodes deployment counts those that are there; --node names them.';

function referenceLine({ idempotency_key: key, request_id: request }: ResultFields): string[] {
  const parts = [
    ...(key === null ? [] : [`idempotency key ${key}`]),
    ...(request === null ? [] : [`request ${request}`]),
  ];
  return parts.length === 0 ? [] : [plainText(parts.join(', '))];
}

/** How a run ended, in one line. */
function endingText(result: ResultFields, paint: Paint): string {
  const name = runName(result);
  const { outcome, nodes } = result;
  const completed = `${nodes.filter(({ status }) => status === 'completed').length} of ${count(nodes.length, 'node')}`;
  if (outcome === 'completed') return `${paint('ok', '✓')} ${name} completed on ${completed}`;
  if (outcome === 'accepted') return `${paint('ok', '✓')} ${name} accepted`;
  if (outcome === 'dry_run') return `${paint('ok', '✓')} ${name} not sent: this was a dry run`;
  const isGoingOn = nodes.some(({ status }) => status === null || (status !== NOT_STARTED && !isEnded(status)));
  if (outcome === 'interrupted' && (isGoingOn || nodes.length === 0)) {
    const what = result.action === null ? 'what it follows' : `the ${plainText(result.action.replace(/:.*/s, ''))}`;
    const waiting = nodes.filter(({ status }) => status === NOT_STARTED).length;
    return `Stopped watching; ${what} goes on.${waiting === 0 ? '' : ` ${count(waiting, 'node was', 'nodes were')} not started.`}`;
  }
  const groups = troubles(nodes).map((words, index) => words(index === 0));
  const said = groups.length > 0 ? groups.join('; ') : (ENDINGS[outcome] ?? outcome);
  return outcome === 'interrupted' ? `Stopped: ${name}, ${said}` : `${paint('bad', '✗')} ${name}: ${said}`;
}

function isEnded(status: string): boolean {
  return isFinal(status) || status === MISSING;
}

const ENDINGS: Partial<Record<Outcome, string>> = {
  timed_out: 'timed out',
  unconfirmed: 'it is not known what became of it',
  halted: 'halted by its gate',
  interrupted: 'not all of it was begun',
};

/** What became of those that did not complete, the worst first. The first that is said tells the number of all. */
function troubles(nodes: readonly NodeResult[]): Array<(isFirst: boolean) => string> {
  const byWords = new Map<string, NodeResult[]>([
    [REJECTED, []],
    [MISSING_WORDS, []],
  ]);
  for (const node of nodes) {
    const words = wordsFor(node);
    if (words === null) continue;
    const group = byWords.get(words);
    // Added in place: a copy for each of 100,000 nodes takes minutes.
    if (group) group.push(node);
    else byWords.set(words, [node]);
  }
  const byActivity = nodes.every(({ node_id: node, activity_id: id }) => node === null && id !== null);
  const all = byActivity ? count(nodes.length, 'activity', 'activities') : count(nodes.length, 'node');
  return [...byWords]
    .filter(([, group]) => group.length > 0)
    .map(([words, group]) => (isFirst) => {
      const ids = words === NOT_BEGUN ? '' : listOf(group);
      return `${group.length}${isFirst ? ` of ${all}` : ''} ${words}${ids}`;
    });
}

const REJECTED = 'rejected it';
const MISSING_WORDS = 'missing from the log';
const NOT_BEGUN = 'not started';

function wordsFor({ status, gate }: NodeResult): string | null {
  if (isFailedGate(gate)) return `completed, but its gate ${gateWord(gate)}`;
  switch (status) {
    case 'completed':
      return null;
    case 'rejected':
      return REJECTED;
    case MISSING:
      return MISSING_WORDS;
    case NOT_STARTED:
      return NOT_BEGUN;
    case null:
      return 'not seen yet';
    default:
      return status === 'processing' ? 'still processing' : plainText(status);
  }
}

/** ` (610809900976570889, 610809900976570890)` */
function listOf(nodes: readonly NodeResult[]): string {
  const ids = nodes.flatMap(({ node_id: node, activity_id: activity }) => {
    if (node !== null) return [String(node)];
    return activity === null ? [] : [`activity ${activity}`];
  });
  return ids.length === 0 ? '' : ` (${shortList(ids)})`;
}

type EventOf<Name extends RunStep['event']> = Extract<RunStep, { event: Name }>;

/** What a later re-run or `wait --after` needs, and what is expected. */
export function baselineText({ baseline, idempotencyKey, expects }: EventOf<'baseline'>): string {
  const expected =
    expects === undefined
      ? []
      : [
          expects.by === 'expected' || expects.count > 0
            ? `expecting ${count(expects.count, 'node')}`
            : 'the log names no node',
        ];
  return [`idempotency key ${plainText(idempotencyKey)}`, `log up to ${baseline}`, ...expected].join(', ');
}

function dispatchedText(event: EventOf<'dispatched'>): string {
  const { request_id: id, replayed, recovered, earlier, node_id: node } = event;
  const request = id === null ? '' : ` (request ${plainText(id)})`;
  const which = node === undefined ? '' : `${node} `;
  if (earlier) return `${which}dispatched by an earlier run${earlierText(earlier)}; it is not done again`;
  if (recovered) return `${which}dispatched: the answer was lost, the log has its entries${request}`;
  return which + (replayed ? `dispatched before: the answer is a replay${request}` : `dispatched${request}`);
}

/** `, 3h02m ago, which ended 3h01m ago: completed` */
function earlierText({ ageMs, ended }: EarlierRun): string {
  const age = `, ${formatDuration(ageMs)} ago, `;
  if (ended === undefined) return `${age}whose end is not known`;
  return `${age}which ended ${formatDuration(ended.ageMs)} ago: ${ended.outcome.replaceAll('_', ' ')}`;
}

/** `waiting 3s for nodes that may still report`, when all that was seen has ended; null where none can follow. */
export function waitingText({ settlesAt }: Pick<ProgressEstimate, 'settlesAt'>, now: number): string | null {
  if (settlesAt === undefined) return null;
  return `waiting ${elapsedText(Math.ceil(Math.max(settlesAt - now, 0) / 1000) * 1000)} for nodes that may still report`;
}

/** An event that has one text, in every display. */
export function eventText(event: RunStep): string | null {
  switch (event.event) {
    case 'dispatched':
      return dispatchedText(event);
    case 'gate':
      return `${event.node_id} gate ${gateWord(event.gate)} (${formatDuration(event.gate.took_ms)})`;
    case 'gate_output':
      return `${event.node_id} gate | ${plainText(event.line)}`;
    default:
      return null;
  }
}

/** `activity 7261845022003200001 completed (4.8s)` */
export function activityText(activity: Activity): string {
  const took = isFinal(activity.status) ? tookMs(activity) : null;
  return `activity ${activity.id} ${plainText(activity.status)}${took === null ? '' : ` (${formatDuration(took)})`}`;
}

/** The same with everything that tells it from others, and the time it happened by the server's clock, in UTC. */
export function changeText(activity: Activity): string {
  const at = timeText(activity.finished_at ?? activity.created_at, true);
  const what = plainText(`${activity.runtime} ${activity.action}`);
  return `${at} ${activity.node_id} ${what}, ${activityText(activity)}`;
}
