import * as Flags from '@oclif/core/flags';
import type { OptionFlag } from '@oclif/core/interfaces';
import type { GenericSchema } from 'valibot';
import { parseDuration } from '../../base/durations.js';
import { UsageError } from '../../base/errors.js';
import { listed, parseId, type Id } from '../../base/ids.js';
import { check } from '../../app/requests.js';
import { parseNodeRef, type NodeRef } from '../../config/node-names.js';

/** For a flag's `parse`. @param parse gets the flag as it is typed, for its errors */
export const parsing =
  <T>(parse: (text: string, flag: string) => T) =>
  (text: string, _command: unknown, { name }: { name: string }) =>
    Promise.resolve(parse(text, `--${name}`));

/** Repeated, or with commas. */
export const MANY = { multiple: true, multipleNonGreedy: true, delimiter: ',' } as const;

export const idsFlag = Flags.custom<Id>({
  ...MANY,
  helpValue: 'ID',
  parse: parsing(parseId),
});

/**
 * Nodes, each by its id, its name or the end of its id: `resolveNodes` says which they are. A value
 * may be what a program prints: `--node "$(cat ids.txt)"`.
 */
export const nodesFlag = Flags.custom<readonly NodeRef[]>({
  multiple: true,
  multipleNonGreedy: true,
  char: 'n',
  aliases: ['node-id'],
  helpValue: 'ID|NAME',
  parse: parsing((text, flag) => listed(text).map((word) => parseNodeRef(word, flag))),
});

/** A flag whose text is read as something else. */
export const valueFlag = <T>(
  helpValue: string,
  summary: string,
  parse: (text: string, flag: string) => T,
  more: { exclusive?: string[] } = {},
) =>
  Flags.custom<unknown>({ ...more, helpValue, summary, parse: parsing(parse) })() as OptionFlag<
    T | undefined
  >;

/** How long, in milliseconds. Help shows how one is written. */
export const durationFlag = (summary: string, helpValue = '30s') =>
  valueFlag(helpValue, summary, parseDuration);

export const wholeNumber = (
  summary: string,
  { min, max, ...more }: { min: number; max: number; exclusive?: string[] },
) =>
  valueFlag(
    'N',
    summary,
    (text, flag) => {
      const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
      if (value >= min && value <= max) return value;
      const what = `${JSON.stringify(text)} is not a whole number from ${min} to ${max}`;
      throw new UsageError(`${flag}: ${what}`);
    },
    more,
  );

/** A number of nodes, or what a request takes in place of one. */
export const nodeCountFlag = <T>(
  helpValue: string,
  summary: string,
  schema: GenericSchema<unknown, T | undefined>,
) =>
  valueFlag(helpValue, summary, (text, flag) =>
    check(schema, flag, /^\d+$/.test(text) ? Number(text) : text),
  );
