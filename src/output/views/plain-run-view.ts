import { MISSING } from '../../base/outcome.js';
import { type NodeProgress, type ProgressEstimate, type RunStep } from '../../base/progress.js';
import { count } from '../../base/text.js';
import { warningText } from '../error.js';
import { isOver, isUnderway } from '../node-state.js';
import { type Sink } from '../streams.js';
import { painter, type Paint } from '../style.js';
import { elapsedText } from '../time-text.js';
import { activityText, baselineText, dispatchedText, gateOutputText, gateText, usualText } from './event-text.js';
import { LineLog, type Verbosity } from './line-log.js';
import { type RunView, type RunViewOptions } from './run-view.js';

/** Off a terminal: one line a change, and a heartbeat. */
export class PlainRunView implements RunView {
  readonly #log: LineLog;
  readonly #paint: Paint;
  readonly #verbosity: Verbosity;
  #nodes: readonly NodeProgress[] = [];
  #expected: ProgressEstimate = {};

  constructor(sink: Sink, verbosity: Verbosity, { clock, every }: Pick<RunViewOptions, 'clock' | 'every'>) {
    this.#verbosity = verbosity;
    this.#paint = painter(sink.colour);
    this.#log = new LineLog(sink, {
      clock,
      every,
      heartbeat: (elapsed) => (verbosity === 'warnings' ? null : stillGoing(this.#nodes, elapsed, this.#expected)),
    });
  }

  on(event: RunStep): void {
    switch (event.event) {
      case 'warning':
        this.#log.raw(warningText(event.message, this.#paint));
        break;
      case 'baseline':
        if (this.#verbosity !== 'warnings') this.#log.line(baselineText(event).join(', '));
        break;
      case 'dispatched':
        if (this.#verbosity === 'all')
          this.#log.line([dispatchedText(event), ...(event.node_id === undefined ? usualText(event) : [])].join(', '));
        break;
      case 'activity':
        if (this.#verbosity === 'all') this.#log.line(`${event.activity.node_id} ${activityText(event.activity)}`);
        break;
      case 'gate':
        if (this.#verbosity === 'all') this.#log.line(gateText(event));
        break;
      case 'gate_output':
        if (this.#verbosity !== 'warnings') this.#log.line(gateOutputText(event));
        break;
      case 'outage':
        // The warning that comes with it says so.
        break;
      case 'progress':
        this.#expected = event;
        this.#progress(event.nodes);
        break;
    }
  }

  stop(): void {
    this.#log.stop();
  }

  /** A node that is given up as missing has no activity, and so no event of its own. */
  #progress(nodes: readonly NodeProgress[]): void {
    const before = this.#nodes;
    this.#nodes = nodes;
    if (this.#verbosity !== 'all') return;
    nodes.forEach((node, index) => {
      if (node.status !== MISSING || before[index]?.status === MISSING) return;
      this.#log.line(`${node.node_id === null ? 'an expected node' : String(node.node_id)} missing: no entry appeared`);
    });
  }
}

function stillGoing(nodes: readonly NodeProgress[], elapsed: number, expected: ProgressEstimate): string {
  const open = nodes.filter((node) => !isOver(node));
  const since = [elapsedText(elapsed), ...usualText(expected)].join(', ');
  if (nodes.some(({ stage }) => stage !== undefined)) {
    const done = nodes.length - open.length;
    const underway = nodes.filter(isUnderway).length;
    return `still rolling: ${done} of ${count(nodes.length, 'node')} done, ${underway} underway, ${since}`;
  }
  if (nodes.length === 0) return `still waiting for the first entry, ${since}`;
  const seen = open.some((node) => node.status !== null);
  return `still ${seen ? 'processing' : 'waiting'}: ${open.length} of ${count(nodes.length, 'node')}, ${since}`;
}
