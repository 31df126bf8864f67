import { loadFormat } from './formats.js';
import { type Field } from './formats/format.js';
import { formatOptions, type PrintOptions } from './list.js';
import { type Output } from './streams.js';

/** Prints one thing to stdout: `value` in formats of whole values, `fields` in formats of rows. */
export async function printObject(
  output: Output,
  value: unknown,
  fields: readonly Field[],
  options: PrintOptions,
): Promise<void> {
  const format = await loadFormat(options.format);
  const how = formatOptions(output.stdout, options);
  output.stdout.write(format.holds === 'rows' ? format.object(fields, how) : format.object(value, how));
  await output.stdout.drained();
}
