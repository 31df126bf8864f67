import { type NodeProgress, type ProgressEstimate, type RunStep } from '../../core/progress.js';
import { count, plainText } from '../../core/text.js';
import { warningText } from '../error.js';
import { progressColumns } from '../node-columns.js';
import { hasFailed, isOver, progressRank } from '../node-state.js';
import { type Sink } from '../streams.js';
import { painter, type Paint } from '../style.js';
import { elapsedText } from '../time-text.js';
import { baselineText, dispatchedText, gateOutputText, gateText, toGoText, usualText } from './event-text.js';
import { LiveTable, type LiveFrame } from './live-table.js';
import { type RunView, type RunViewOptions } from './run-view.js';

/** At a terminal: a table of the targets that updates in place. It is gone at the end, when the result follows. */
export class LiveRunView implements RunView {
  readonly #title: string;
  readonly #paint: Paint;
  readonly #table: LiveTable<NodeProgress>;
  readonly #started: number;
  #nodes: readonly NodeProgress[] = [];
  /** What the log lets one expect, as last told. */
  #expected: ProgressEstimate = {};

  constructor(sink: Sink, { title, clock, every }: Pick<RunViewOptions, 'title' | 'clock' | 'every'>) {
    this.#title = plainText(title);
    this.#paint = painter(sink.colour);
    this.#started = clock.elapsed();
    this.#table = new LiveTable({
      sink,
      selection: { columns: progressColumns, chosen: false },
      utc: false,
      clock,
      every,
      frame: (now) => this.#frame(now),
      rank: progressRank,
      more: moreNodes,
    });
  }

  on(event: RunStep): void {
    switch (event.event) {
      case 'warning':
        this.#table.print(warningText(event.message, this.#paint));
        break;
      case 'baseline':
        this.#table.print(`${baselineText(event).join('\n')}\n`);
        break;
      case 'dispatched':
        this.#table.print(`${dispatchedText(event)}\n`);
        break;
      case 'gate':
        this.#table.print(`${gateText(event)}\n`);
        break;
      case 'gate_output':
        this.#table.print(`${gateOutputText(event)}\n`);
        break;
      case 'progress':
        this.#nodes = event.nodes;
        this.#expected = event;
        this.#table.redraw();
        break;
      case 'activity':
        // The progress that comes with it says the same.
        break;
    }
  }

  stop(): void {
    this.#table.stop();
  }

  #frame(now: number): LiveFrame<NodeProgress> {
    const all = this.#nodes.length;
    const failed = this.#nodes.filter(hasFailed).length;
    const done = this.#nodes.filter(isOver).length;
    const isRoll = this.#nodes.some(({ stage }) => stage !== undefined);
    const state = [
      all === 0 ? 'waiting' : `${isRoll ? `${bar(done, all)} ` : ''}${done} of ${all} done`,
      ...(failed > 0 ? [this.#paint('bad', `${failed} failed`)] : []),
      elapsedText(now - this.#started),
      ...(done < all ? [...usualText(this.#expected), ...toGoText(this.#expected, now)] : []),
    ];
    return { title: this.#title, state: state.join(', '), rows: this.#nodes };
  }
}

const BAR_WIDTH = 10;

/** `███████░░░` */
function bar(done: number, all: number): string {
  const filled = Math.floor((done / all) * BAR_WIDTH);
  return '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled);
}

function moreNodes(hidden: readonly NodeProgress[]): string {
  const done = hidden.filter(isOver).length;
  return `… and ${count(hidden.length, 'more node')}, ${done === hidden.length ? 'all' : done} done`;
}
