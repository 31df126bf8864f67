import { errorDocument, usageError } from '../base/errors.js';
import {
  deploymentColumns,
  type Cell,
  type Column,
  type Field,
  type FormatOptions,
  type ListWriter,
  type Selection,
} from './columns.js';
import { errorText, sentence } from './sentence.js';
import { formatOf } from './formats.js';
import type { Output } from './streams.js';

export interface ListSpec<T> {
  /** Plural, for "no activities". */
  noun: string;
  columns: readonly Column<T>[];
  /** The filter flags that were given; printed where the list is empty. */
  filters?: Readonly<Record<string, unknown>>;
  /** What is said of an empty list, in place of noun and filters. */
  empty?: string | null;
  timeOf?: Selection<T>['timeOf'];
  /** Resolves once all is known that the text of a cell depends on. */
  ready?: Promise<unknown>;
  /** The default limit. A list that reaches it says how to get the rest. */
  limit?: number | undefined;
  /** What could not be read, and hides nothing of the rest. Asked once all is read. */
  errors?: () => readonly object[] | undefined;
}

/** Some of a list, as they arrive. */
interface ListPart<T> {
  entries: readonly T[];
  /** How many there are before filters; null: it is not written. */
  total: number | null;
  /** Why the wait for this list failed: it is printed, and ends as one that broke off. */
  error?: Error | null;
}

/**
 * Prints a list to stdout, part by part as it arrives. Ends without an error when the reader goes
 * away. When the source fails before its first item, stdout is left empty; after that, it is kept
 * well-formed, and is complete.
 * @throws UsageError for unknown columns, before the source is read; what the source throws
 */
export async function printList<T>(
  output: Output,
  parts: AsyncIterable<ListPart<T>> | Iterable<ListPart<T>>,
  spec: ListSpec<T>,
) {
  const { stdout } = output;
  const writer = listWriter(output, spec.columns, { timeOf: spec.timeOf });
  let printed = 0;
  let total: number | null = 0;
  const write = async (text = '') => {
    stdout.write(text);
    await stdout.drained();
  };
  try {
    for await (const part of parts) {
      await spec.ready;
      const { entries } = part;
      ({ total } = part);
      printed += entries.length;
      if (entries.length > 0) await write(writer.items(entries));
      if (stdout.gone.aborted) break;
      if (part.error) throw part.error;
    }
  } catch (error) {
    if (stdout.gone.aborted) return stdout.drained();
    output.complete ||= printed > 0;
    if (printed > 0) await write(writer.broken?.(errorDocument(error)));
    throw error;
  }
  const errors = spec.errors?.();
  await write(writer.end(total, errors));
  sayCount(output, spec, printed, total ?? Infinity);
}

/** Says that a list is empty, or cut off. Formats of values have the total. */
function sayCount(output: Output, spec: ListSpec<never>, printed: number, total: number) {
  const { stderr, options } = output;
  if (options.quiet || formatOf(output).holds === 'values') return;
  if (printed === 0 && options.format === 'table') {
    stderr.write(sentence(stderr, spec.empty ?? noneText(spec)));
  }
  if (printed === spec.limit && total > printed) {
    stderr.write(sentence(stderr, `the newest ${printed}; --limit 0 lists all`, 'dim'));
  }
}

/** `no activities with --status rejected --since 2h` */
export function noneText({ noun, filters = {} }: Pick<ListSpec<never>, 'noun' | 'filters'>) {
  const given = Object.entries(filters).filter(([, value]) => value !== undefined);
  const texts = given.map(([name, value]) => ` --${name} ${String(value)}`);
  return `no ${noun}${texts.length > 0 ? ' with' : ''}${texts.join('')}`;
}

/** @throws UsageError for unknown columns, in every format */
export function listWriter<T>(
  output: Output,
  columns: readonly Column<T>[],
  more: Partial<Selection<T>> = {},
): ListWriter<T> {
  const selection = { ...select(output, columns), ...more };
  return formatOf(output).list(selection, formatOptions(output));
}

/**
 * The columns, or those that `--columns` names, in its order. Of a list over several deployments they
 * start with theirs.
 * @throws UsageError for one that is unknown, and where the format has no columns
 */
export function select<T>(output: Output, own: readonly Column<T>[]): Selection<T> {
  const { options, places, profiles } = output;
  if (options.columns && formatOf(output).holds === 'values') {
    const what = `--columns is for tables and CSV; -o ${options.format} has every field`;
    throw usageError('invalid_columns', what, 'Leave one of the two out.');
  }
  const others = own.filter(({ name }) => name !== 'deployment');
  const columns =
    places.size > 0 ? [...(deploymentColumns(places, profiles) as Column<T>[]), ...others] : own;
  const chosen = options.columns?.map((name) => {
    const column = columns.find((candidate) => candidate.name === name.toLowerCase());
    if (column) return column;
    const hint = `The columns are: ${columns.map(({ name }) => name).join(', ')}.`;
    throw usageError('invalid_columns', `there is no column ${JSON.stringify(name)}`, hint);
  });
  return { columns: chosen ?? columns, chosen: chosen !== undefined };
}

/** An object as fields. @param texts for people, in place of some values */
export const fieldsOf = (value: object, texts: Readonly<Record<string, string>> = {}): Field[] =>
  Object.entries(value).map(([name, cell]) => ({ name, value: cell as Cell, text: texts[name] }));

/**
 * The failure that ended a command: on stderr, and in formats of values as `{"error":{…}}` on
 * stdout, unless that is complete.
 */
export function printError(output: Output, error: unknown) {
  const format = formatOf(output);
  if (format.holds === 'values' && !output.complete) {
    const value = { error: errorDocument(error) };
    output.stdout.write(format.object({ value }, formatOptions(output)));
    output.complete = true;
  }
  output.stderr.write(errorText(output, error));
}

export function formatOptions({ stdout, options, inUtc, people }: Output): FormatOptions {
  const { isTTY, names, paint, columns: width } = stdout;
  return { ...options, utc: inUtc, now: stdout.now(), isTTY, names, people, paint, width };
}
