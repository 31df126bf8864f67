import { plainText } from '../base/text.js';
import { type Sink } from './streams.js';

const OSC = '\u001B]';
const BELL = '\u0007';
/** Ends a sequence as BELL would, without ringing where the sequence is not known. */
const END = '\u001B\\';

/** Rings, and sends a desktop notification (OSC 9) where the terminal takes escape sequences; off a terminal nothing. */
export function notify(sink: Sink, message: string): void {
  if (!sink.isTTY) return;
  sink.write(`${sink.canRedraw ? `${OSC}9;${plainText(message)}${END}` : ''}${BELL}`);
}

/** How far a run has come, in the tab of its terminal; where that is not known to show it, nothing. */
export class TabProgress {
  readonly #sink: Sink;
  readonly #clear = (): void => this.clear();
  #shown = '';

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  /** @param all how many there are; null where that says nothing of when it ends */
  show({ done, all, hasFailed = false }: { done: number; all: number | null; hasFailed?: boolean }): void {
    if (!this.#sink.tabProgress) return;
    if (this.#shown === '') process.on('exit', this.#clear);
    const percent = all === null || all === 0 ? null : Math.floor((done / all) * 100);
    this.#put(percent === null ? '3' : `${hasFailed ? '2' : '1'};${percent}`);
  }

  /** Harmless when repeated. A process that ends at once, as at a second Ctrl-C, clears it too. */
  clear(): void {
    if (this.#shown === '') return;
    process.off('exit', this.#clear);
    this.#put('0');
    this.#shown = '';
  }

  #put(state: string): void {
    if (state === this.#shown) return;
    this.#shown = state;
    this.#sink.write(`${OSC}9;4;${state}${END}`);
  }
}
