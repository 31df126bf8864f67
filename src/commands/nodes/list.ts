import { idsInConsole } from '../../app/roll-nodes.js';
import { OPTIONAL_MS } from '../../base/clock.js';
import { UsageError } from '../../base/errors.js';
import { capitalized, count, shellWord } from '../../base/text.js';
import { ConnectedCommand } from '../../cli/base-command.js';
import type { CommandContext } from '../../cli/context.js';
import { readSeveralFlags, switchFlag, type FlagsOf } from '../../cli/line/flags.js';
import { durationFlag } from '../../cli/line/value-flags.js';
import { nodeColumns, nodeRow } from '../../cli/reading/node-rows.js';
import {
  listSource,
  openEach,
  printEach,
  refuseDocument,
  type Source,
} from '../../cli/reading/several.js';
import { nodeStates } from '../../log/nodes.js';
import { noneText } from '../../output/list.js';
import { withName } from '../../output/rows.js';
import { sentence } from '../../output/sentence.js';
import type { PrintOptions } from '../../output/streams.js';
import { filterFlags, filtersIn, sinceFlag, summarize } from '../../cli/reading/filters.js';

/** How far back nodes are looked for. */
const SPAN = '30d';

const listFlags = {
  node: filterFlags.node,
  runtime: filterFlags.runtime,
  since: sinceFlag(SPAN),
  watch: switchFlag('Keep the list on the screen, up to date, until interrupted.', { char: 'w' }),
  timeout: durationFlag('With --watch: end after this long. [default: never]'),
  ...readSeveralFlags,
};
type ListFlags = FlagsOf<typeof listFlags>;

export default class NodesList extends ConnectedCommand {
  static override summary =
    'List the nodes in the activity log, and whether each runtime is running.';
  static override description =
    'A runtime counts as running after a completed start or restart, until a stop completes; a later action, such as a rejected start, is shown ' +
    'beside it. The log does not show a crash, or a node that has never acted. It may still list a node that is ' +
    'gone. At a terminal, the line above the table says how many nodes Core counts. With --watch the list stays on the ' +
    'screen and up to date.';
  static override examples = [
    'ldctl nodes list',
    'ldctl nodes list --since 7d --runtime iggy',
    'ldctl nodes list --all-profiles --watch',
    'ldctl nodes list -o json | jq ".items[] | {node_id, iggy: .runtimes.iggy.state}"',
  ];
  static override flags = listFlags;

  protected override async execute() {
    const { flags } = await this.parse(NodesList);
    const { output } = this.host;
    const { options, stdout, stderr } = output;
    checkTogether(flags, options);
    const context = await this.open(flags, 'several');
    if (flags.watch) {
      const { sources, filter } = await openEach(context, flags);
      const { watchNodes } = await import('../../cli/reading/node-watch.js');
      return watchNodes(context, sources, filter, flags.timeout || undefined);
    }
    if (context.targets.length > 1) return ofEach(context, flags);
    const isWhole = flags.since === SPAN && !flags.node && !flags.runtime;
    const isForPerson = stdout.isTTY && options.format === 'table' && !options.quiet;
    const [states, known] = await summarize(context, flags, (entries) =>
      Promise.all([nodeStates(entries), isForPerson ? askCore(context, isWhole) : null]),
    );
    const nodes = states.map((state) => withName(state, output.names));
    if (known && nodes.length > 0) stderr.write(sentence(stderr, headline(known, nodes.length)));
    const spec = {
      ...specOf(flags),
      empty: isWhole ? emptyText(known, (await context.deployment()).flags) : null,
      columns: nodeColumns(nodes),
    };
    return this.list(() => nodes, spec, false);
  }
}

/** @throws UsageError for flags that do not go together */
function checkTogether(flags: ListFlags, options: PrintOptions) {
  if (flags.watch) refuseDocument('--watch', options);
  else if (flags.timeout !== undefined) throw new UsageError('--timeout needs --watch');
}

function specOf(flags: ListFlags) {
  return {
    noun: flags.since === SPAN ? 'nodes in the log of the last 30 days' : 'nodes in the log',
    filters: filtersIn(flags, SPAN),
  };
}

/** In the order of the deployments, which are read side by side. @returns exit code */
async function ofEach(context: CommandContext, flags: ListFlags) {
  const { output } = context.host;
  const { sources, filter } = await openEach(context, flags);
  const rowsOf = async (source: Source) => {
    const states = await nodeStates(listSource(context, source, { filter, limit: 0 }));
    // Those of half a log may be wrong.
    return source.error ? [] : states.map((state) => nodeRow(source, state, output));
  };
  const each = await context.during('Reading the logs', () => Promise.all(sources.map(rowsOf)));
  context.sayWholeIds(filter.nodes);
  const entries = each.flat();
  const spec = { ...specOf(flags), columns: nodeColumns(entries) };
  const code = await printEach(output, sources, [{ entries, total: null }], spec);
  const empty = sources.filter(({ error }, at) => !error && each[at]?.length === 0);
  if (entries.length > 0) for (const { name } of empty) context.say(`${name}: ${noneText(spec)}`);
  return code;
}

/** What is said above the table about the deployment. */
interface Known {
  place: string;
  /** How many nodes Core counts; null where that is not known. */
  coreCount: number | null;
}

/** Beside the log, for two seconds each: what the deployment is called, and how many nodes it has. */
async function askCore(context: CommandContext, isWhole: boolean): Promise<Known> {
  const { counter, place: nameIt } = await context.deployment();
  const isCounted = isWhole && counter?.isCertain;
  const counting = isCounted ? counter.start(OPTIONAL_MS, context.signal) : null;
  const place = await nameIt();
  return { place, coreCount: (await counting?.([])) ?? null };
}

/** `platform/production/orders: 9 nodes, by the activity log (Core counts 9)`. */
function headline({ place, coreCount }: Known, listed: number) {
  const counts = coreCount === null ? '' : ` (Core counts ${coreCount})`;
  return `${place}: ${count(listed, 'node')}, by the activity log${counts}`;
}

/** That no node is known yet, and how to act on all of them, which makes them known. */
function emptyText(known: Known | null, flags: readonly string[]) {
  const coreCount = known?.coreCount ?? null;
  const words = flags.map(shellWord);
  const named = idsInConsole(coreCount, (ids) =>
    ['ldctl activities roll iggy restart --node', ids.join(), ...words].join(' '),
  );
  const trigger = ['ldctl activities trigger iggy restart', ...words].join(' ');
  const none = coreCount === null ? 'no node' : `Core counts ${count(coreCount, 'node')}; none`;
  const text = `${none} has acted in the last 30 days. ${named}\nTo act on every node at once`;
  return `${known ? `${known.place}: ${text}` : capitalized(text)}: ${trigger}`;
}
