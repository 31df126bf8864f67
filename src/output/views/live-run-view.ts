import { type NodeProgress, type ProgressEstimate, type RunStep } from '../../base/progress.js';
import { count, plainText } from '../../base/text.js';
import { warningText } from '../error.js';
import { progressColumns } from '../node-columns.js';
import { hasFailed, isOver, progressRank } from '../node-state.js';
import { type Sink } from '../streams.js';
import { painter, type Paint } from '../style.js';
import { elapsedText } from '../time-text.js';
import {
  baselineText,
  dispatchedText,
  gateOutputText,
  gateText,
  outageText,
  settlingText,
  toGoText,
  usualText,
  type EventOf,
} from './event-text.js';
import { statesOf, titlesOf } from './headline.js';
import { LiveTable, type LiveFrame } from './live-table.js';
import { type RunView, type RunViewOptions } from './run-view.js';

/** At a terminal: a table of the targets that updates in place. It is gone at the end, when the result follows. */
export class LiveRunView implements RunView {
  readonly #titles: readonly string[];
  readonly #paint: Paint;
  readonly #table: LiveTable<NodeProgress>;
  readonly #started: number;
  #nodes: readonly NodeProgress[] = [];
  /** What the machinery says of itself: it grows until the trigger is dispatched. */
  #note: string | null = null;
  /** What the log lets one expect, as last told. */
  #expected: ProgressEstimate = {};

  constructor(sink: Sink, { title, ...time }: Pick<RunViewOptions, 'title' | 'clock' | 'every' | 'onSuspend'>) {
    this.#titles = titlesOf(title);
    this.#paint = painter(sink.colour);
    this.#started = time.clock.elapsed();
    this.#table = new LiveTable({
      sink,
      selection: { columns: progressColumns, chosen: false },
      utc: false,
      ...time,
      frame: (now, asOf) => this.#frame(now, asOf),
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
        this.#printNote();
        this.#note = baselineText(event).join(', ');
        this.#table.redraw();
        break;
      case 'dispatched':
        this.#dispatched(event);
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
      case 'outage':
        this.#table.freeze(event.ageMs);
        break;
      case 'activity':
        // The progress that comes with it says the same.
        break;
    }
  }

  stop(): void {
    this.#printNote();
    this.#table.stop();
  }

  /** The id of the request joins what was told before it, in one line; what is more than routine has a line of its own. */
  #dispatched(event: EventOf<'dispatched'>): void {
    const { request_id: id, replayed, recovered, node_id: node } = event;
    const isRoutine = !replayed && !recovered;
    const joined =
      isRoutine && node === undefined && this.#note !== null && id !== null
        ? `${this.#note}, request ${plainText(id)}`
        : null;
    this.#note = joined ?? this.#note;
    this.#printNote();
    if (joined === null) this.#table.print(`${this.#paint(isRoutine ? 'dim' : undefined, dispatchedText(event))}\n`);
  }

  /** Prints for good what so far is a part of the picture. */
  #printNote(): void {
    const note = this.#note;
    this.#note = null;
    if (note !== null) this.#table.print(`${this.#paint('dim', note)}\n`);
  }

  /** What is waited for, in fewer and in more words. */
  #next(now: number, asOf: string | undefined, isOpen: boolean): { more: string[]; most: string[] } {
    const expected = this.#expected;
    if (asOf !== undefined) {
      const outage = [this.#paint('bad', outageText(asOf))];
      return { more: outage, most: outage };
    }
    if (isOpen) {
      const toGo = toGoText(expected, now);
      return { more: toGo, most: [...usualText(expected), ...toGo] };
    }
    if (this.#nodes.length === 0) return { more: [], most: [] };
    return { more: settlingText(expected, now, 'settling'), most: settlingText(expected, now) };
  }

  #frame(now: number, asOf: string | undefined): LiveFrame<NodeProgress> {
    const all = this.#nodes.length;
    const failed = this.#nodes.filter(hasFailed).length;
    const done = this.#nodes.filter(isOver).length;
    const isRoll = this.#nodes.some(({ stage }) => stage !== undefined);
    const parts = [
      all === 0 ? 'waiting' : `${isRoll ? `${bar(done, all)} ` : ''}${done} of ${all} done`,
      ...(failed > 0 ? [this.#paint('bad', `${failed} failed`)] : []),
    ];
    const { more, most } = this.#next(now, asOf, done < all);
    return {
      titles: this.#titles,
      states: statesOf(parts, more, most, elapsedText(now - this.#started)),
      rows: this.#nodes,
      tab: { done, all, hasFailed: failed > 0 },
      ...(this.#note !== null && { note: this.#note }),
    };
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
