import { shownStep, type RunStep } from '../../base/progress.js';
import { jsonText } from '../formats/json.js';
import { type Sink } from '../streams.js';
import { type RunView, type RunViewOptions } from './run-view.js';

/** NDJSON on stdout: an event a line (design, "Output shapes"). The result comes after it, by itself. */
export class EventRunView implements RunView {
  readonly #sink: Sink;
  readonly #style: Pick<RunViewOptions, 'numberIds'>;

  constructor(sink: Sink, { numberIds }: Pick<RunViewOptions, 'numberIds'>) {
    this.#sink = sink;
    this.#style = { numberIds };
  }

  on(event: RunStep): void {
    const line = shownStep(event);
    if (line) this.#sink.write(`${jsonText(line, this.#style)}\n`);
  }

  stop(): void {
    // Nothing runs between two events.
  }
}
