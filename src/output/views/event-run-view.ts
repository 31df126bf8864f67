import { type RunStep } from '../../core/progress.js';
import { jsonText } from '../formats/json.js';
import { type Sink } from '../streams.js';
import { type RunView, type RunViewOptions } from './run-view.js';

/** NDJSON on stdout: an event a line (design, "Output shapes"). The result comes after it, by itself. */
export class EventRunView implements RunView {
  readonly #sink: Sink;
  readonly #style: Pick<RunViewOptions, 'stringIds'>;

  constructor(sink: Sink, { stringIds }: Pick<RunViewOptions, 'stringIds'>) {
    this.#sink = sink;
    this.#style = { stringIds };
  }

  on(event: RunStep): void {
    const line = eventLine(event);
    if (line) this.#sink.write(`${jsonText(line, this.#style)}\n`);
  }

  stop(): void {
    // Nothing runs between two events.
  }
}

/** The event with its keys in order; null for what is for people only. */
function eventLine(event: RunStep): object | null {
  switch (event.event) {
    case 'dispatched':
      return {
        event: event.event,
        ...(event.node_id !== undefined && { node_id: event.node_id }),
        request_id: event.request_id,
        replayed: event.replayed,
        recovered: event.recovered,
      };
    case 'activity':
      return { event: event.event, activity: event.activity };
    case 'warning':
      return { event: event.event, code: event.code, message: event.message };
    case 'gate':
      return { event: event.event, node_id: event.node_id, gate: event.gate };
    case 'baseline':
    case 'gate_output':
    case 'outage':
    case 'progress':
      return null;
  }
}
