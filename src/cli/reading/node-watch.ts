/*
 * `nodes list --watch`: what the nodes are by the log, kept up to date.
 */

import { DOING, verbOf } from '../../base/activity.js';
import { elapsedText } from '../../base/durations.js';
import { Interrupted, LdctlError, retryAfterOf } from '../../base/errors.js';
import { count, plainText } from '../../base/text.js';
import { LONGEST_RETRY_AFTER, SECOND } from '../../job/pace.js';
import { followLog } from '../../app/follow.js';
import type { ActivityFilter } from '../../log/list.js';
import { trackNodes } from '../../log/nodes.js';
import { timeText } from '../../output/columns.js';
import { jsonText } from '../../output/formats/json.js';
import { select } from '../../output/list.js';
import { sentence, warningText } from '../../output/sentence.js';
import { changeWriter } from '../../output/views/plain.js';
import type { CommandContext } from '../context.js';
import { stateText } from '../asking/node-states.js';
import { nodeColumns, nodeRow, type NodeRow } from './node-rows.js';
import {
  failuresOf,
  placed,
  reopen,
  sayFailures,
  sayNoneRead,
  untilStopped,
  type Source,
} from './several.js';

/** How long after a failure a deployment is read again, at the earliest. */
const AGAIN_MS = 30 * SECOND;

/** A deployment, and what is known of its nodes. */
interface Watched extends Source {
  nodes: ReturnType<typeof trackNodes>;
  /** When it was last read: monotonic clock, ms; null before that. */
  readAt: number | null;
  /** Why it cannot be read just now. */
  note: string | null;
}

interface NodesView {
  /** @param at when: RFC 3339; without it, each node has its own time */
  changed: (source: Watched, at?: string) => void;
  failed: (source: Watched) => void;
  stop: (error?: LdctlError) => void;
}

/**
 * Shows them until it is stopped. @returns exit code
 * @throws LdctlError where none could be read from the start
 */
export async function watchNodes(
  context: CommandContext,
  opened: readonly Source[],
  filter: ActivityFilter,
  timeoutMs?: number,
) {
  const { output, clock } = context.host;
  const sources = opened.map((source): Watched =>
    Object.assign(source, { nodes: trackNodes(), readAt: null, note: null }),
  );
  const isLive = output.stdout.isTTY && output.stderr.canRedraw && !output.options.quiet;
  const isTable = output.options.format === 'table';
  const view = isLive && isTable ? await liveView(context, sources) : lineView(context);
  const work = (source: Watched, signal: AbortSignal) =>
    followNodes(context, source, view, { filter, signal });
  const onFailure = async (source: Watched, error: LdctlError, signal: AbortSignal) => {
    source.note = reasonIn(error.message);
    if (sources.every(({ note, readAt }) => note !== null && readAt === null)) throw error;
    view.failed(source);
    const asked = Math.min(retryAfterOf(error), LONGEST_RETRY_AFTER);
    await clock.sleep(Math.max(AGAIN_MS, asked), signal);
    return true;
  };
  try {
    return await untilStopped(context, sources, work, onFailure, timeoutMs);
  } catch (error) {
    const known = error instanceof LdctlError ? error : undefined;
    const isDone = known?.exit === 'done';
    const failures = failuresOf(sources);
    view.stop(isDone ? failures[0] : known);
    if (isDone) return sayFailures(output, failures);
    if (known instanceof Interrupted) return known.exitCode;
    // Else stdout cannot be written, or it is a bug.
    throw sources.some((one) => one.error === error) ? sayNoneRead(output, sources) : error;
  }
}

/** Keeps what is known of its nodes up to date. @throws as `openDeployment`, `followLog` */
async function followNodes(
  context: CommandContext,
  source: Watched,
  view: NodesView,
  { filter, signal }: { filter: ActivityFilter; signal: AbortSignal },
) {
  const { clock } = context.host;
  const deployment = await reopen(context, source);
  const wasRead = () => {
    source.readAt = clock.elapsed();
    source.note = source.error = null;
  };
  const downTo: typeof deployment.log.downTo = async (...asked) => {
    const log = await deployment.log.downTo(...asked);
    wasRead();
    return log;
  };
  const tools = { log: { ...deployment.log, downTo }, clock, signal };
  for await (const event of followLog({ filter, limit: 0 }, tools)) {
    if (event.event === 'listing') {
      source.nodes.add(placed(deployment, event.activities));
      wasRead();
      view.changed(source);
    } else if (event.event === 'activity') {
      const { activity } = event;
      source.nodes.add(placed(deployment, [activity]));
      view.changed(source, activity.finished_at ?? activity.created_at);
    } else {
      // The end is no failure.
      signal.throwIfAborted();
      source.note = reasonIn(event.message);
      view.failed(source);
    }
  }
}

/** Without what each of them says. */
const reasonIn = (message: string) =>
  message.replace(/^the log (?:cannot|could not) be read(?: any more)?: |; trying again$/g, '');

/** A table in place, in the order of the deployments, with what changed last where not all fits. */
async function liveView(
  { host: { output, clock } }: CommandContext,
  sources: readonly Watched[],
): Promise<NodesView> {
  const { liveTable } = await import('../../output/views/live.js');
  const [first, ...others] = sources;
  const table = liveTable<NodeRow>({
    output,
    clock,
    inPlace: true,
    rank: (row) => (openOf(row).length > 0 ? -Infinity : -Date.parse(row.last_activity_at)),
    frame: (elapsed) => {
      const each = sources.map((source) =>
        source.nodes.states().map((state) => nodeRow(source, state, output)),
      );
      const notes = sources.flatMap(({ note, name, readAt }, at) => {
        if (note !== null) return { text: `${name} cannot be read: ${note}`, isBad: true };
        if (readAt === null) return { text: `${name}: reading the log` };
        return each[at]?.length === 0 ? { text: `${name}: no nodes in the log` } : [];
      });
      const rows = each.flat();
      // A runtime may show up at any time.
      const selection = select(output, nodeColumns(rows));
      const foot = footOf(sources, rows, elapsed);
      return { rows, selection, notes, foot, ending: ' · Ctrl-C ends it' };
    },
  });
  if (first?.deployment && others.length === 0) {
    table.print(sentence(output.stderr, `Nodes of ${first.name}`, 'bold'));
  }
  return {
    changed: table.redraw,
    failed: table.redraw,
    stop: () => table.stop({ keep: sources.some(({ readAt }) => readAt !== null) }),
  };
}

const openOf = ({ runtimes }: NodeRow) =>
  Object.values(runtimes).filter(({ status }) => status === 'processing');

/** `3 deployments, 21 nodes, 1 restarting · updated 2s ago` */
function footOf(sources: readonly Watched[], rows: readonly NodeRow[], elapsed: number) {
  const doing = rows
    .flatMap(openOf)
    .map(({ action }) => DOING.get(verbOf(action)) ?? plainText(action));
  const each = [...new Set(doing)].map(
    (word) => `${doing.filter((one) => one === word).length} ${word}`,
  );
  const deployments = sources.length > 1 ? [count(sources.length, 'deployment')] : [];
  const counts = [...deployments, count(rows.length, 'node'), ...each].join(', ');
  // A note says of each of the others that it cannot be read.
  const good = sources.filter(({ note }) => note === null);
  const read = (good.length > 0 ? good : sources).flatMap(({ readAt }) => readAt ?? []);
  const updated =
    read.length > 0 ? ` · updated ${elapsedText(elapsed - Math.min(...read))} ago` : '';
  return counts + updated;
}

/** A line, an event or a record for each node at first, and then for each that has changed. */
function lineView({ host: { output } }: CommandContext): NodesView {
  const { stderr, options, places } = output;
  const writer = changeWriter(output, 'node', nodeColumns([]));
  const shown = new Map<string, string>();
  const textOf = (row: NodeRow, at: string) => {
    const place = row.deployment_id && places.get(row.deployment_id);
    const runtimes = Object.entries(row.runtimes).sort(([a], [b]) => (a < b ? 1 : -1));
    const states = runtimes.map(
      ([name, state]) => `${name} ${stateText(state, { isTTY: false, now: 0 })}`,
    );
    return `${timeText(at, true)} ${place ? `${place} ` : ''}${row.node_id} ${states.join('; ')}`;
  };
  return {
    changed: (source, at) => {
      for (const state of source.nodes.states()) {
        const key = `${source.name} ${state.node_id}`;
        const now = jsonText(state, options);
        if (shown.get(key) === now) continue;
        shown.set(key, now);
        const row = nodeRow(source, state, output);
        writer.change(row, textOf(row, at ?? state.last_activity_at));
      }
    },
    failed: ({ name, note }) => {
      stderr.write(warningText(stderr, `${name} cannot be read: ${note}; trying again`));
    },
    stop: (error) => writer.end({ nodes: shown.size }, error),
  };
}
