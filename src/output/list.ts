import { selectColumns, type Column } from './columns.js';
import { errorDocument } from '../base/errors.js';
import { formatOf, loadFormat, type FormatName } from './formats.js';
import { type FormatOptions, type ListWriter } from './formats/format.js';
import { painter } from './style.js';
import { type Output, type Sink } from './streams.js';

/** What the user asked for by flags, the same for every command that prints data. */
export interface PrintOptions {
  format: FormatName;
  /** `--columns`: which, and in which order, for table and CSV. Other formats hold whole items. */
  columns?: readonly string[];
  header: boolean;
  numberIds: boolean;
  utc: boolean;
}

/** What is listed: its columns and its JSON shape. Every format comes from these. */
export interface ListSpec<T> {
  /** Plural, for "no activities". */
  noun: string;
  columns: readonly Column<T>[];
  /** What JSON, YAML and NDJSON hold; the item itself unless given. */
  toJson?: (item: T) => unknown;
  /** How many there are, before filters; asked when the last item has come. By default as many as were printed; null: not told. */
  total?: (() => number) | null;
}

// Big enough to spare system calls, small enough to keep memory flat before a slow reader.
const CHUNK = 32 * 1024;

/**
 * Prints a list to stdout, batch by batch as it arrives, in any format. Ends quietly when the reader goes away. A source
 * that fails before its first item leaves stdout untouched; after that, the list ends as one that broke off (design, "Output
 * shapes"), and the output counts as settled.
 * @throws UsageError for unknown columns, before the source is touched; whatever the source throws
 */
export async function printList<T>(
  output: Output,
  batches: AsyncIterable<readonly T[]> | Iterable<readonly T[]>,
  spec: ListSpec<T>,
  options: PrintOptions,
): Promise<void> {
  await loadFormat(options.format);
  const writer = listWriter(output.stdout, spec, options);
  const chunks = new Chunks(output.stdout);
  let printed = 0;
  try {
    for await (const batch of batches) {
      printed += batch.length;
      if (batch.length > 0) await chunks.add(writer.items(batch));
      if (output.stdout.closed) break;
    }
  } catch (error) {
    if (!output.stdout.closed) {
      if (printed > 0) {
        output.settled = true;
        await chunks.flush(writer.broken(errorDocument(error)));
      }
      throw error;
    }
  }
  await chunks.flush(writer.end(spec.total === null ? null : (spec.total?.() ?? printed)));
  const silent = printed === 0 && options.format === 'table' && !output.stdout.closed;
  if (silent && output.stderr.isTTY) output.stderr.write(`no ${spec.noun}\n`);
}

/** How a format, which is loaded, writes this list. @throws UsageError for unknown columns, in every format */
export function listWriter<T>(sink: Sink, spec: ListSpec<T>, options: PrintOptions): ListWriter<T> {
  const selection = selectColumns(spec.columns, options.columns);
  const format = formatOf(options.format);
  if (format.holds === 'rows') return format.list(selection, formatOptions(sink, options));
  const writer = format.list(formatOptions(sink, options));
  return {
    items: (batch) => writer.items(spec.toJson ? batch.map(spec.toJson) : batch),
    end: (total) => writer.end(total),
    broken: (error) => writer.broken(error),
  };
}

/** What the sink and the user's flags come to. */
export function formatOptions(sink: Sink, options: PrintOptions): FormatOptions {
  return {
    header: options.header,
    numberIds: options.numberIds,
    view: { utc: options.utc },
    paint: painter(sink.colour),
    ascii: sink.ascii,
    width: sink.isTTY ? sink.columns : null,
  };
}

/** Gathers text, and writes it no faster than it is read. */
class Chunks {
  readonly #sink: Sink;
  #text = '';

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  async add(text: string): Promise<void> {
    this.#text += text;
    if (this.#text.length >= CHUNK) await this.flush();
  }

  /** @throws LdctlError when the output cannot be written; not when its reader went away */
  async flush(text = ''): Promise<void> {
    this.#sink.write(this.#text + text);
    this.#text = '';
    await this.#sink.drained();
  }
}
