import * as Flags from '@oclif/core/flags';
import type { OptionFlag } from '@oclif/core/interfaces';
import { parseDuration } from '../base/durations.js';
import { UsageError } from '../base/errors.js';
import { parseId, type Id } from '../base/ids.js';
import { grouped, textFlag } from '../cli/flags.js';
import { parseNodeRef, type NodeRef } from '../config/node-names.js';

/** Which deployment, through which API, with which key. */
export const connectionFlags = grouped('GLOBAL', {
  profile: textFlag('NAME', 'The profile to use. LD_* variables are then ignored.', { char: 'p' }),
  deployment: textFlag('ID|NAME|PATH', 'The deployment to act on. [env: LD_DEPLOYMENT_ID]', {
    char: 'd',
    aliases: ['deployment-id'],
  }),
  'supervisor-url': textFlag('URL', 'Base URL of its Supervisor API. [env: LD_SUPERVISOR_URL]'),
  'api-url': textFlag('URL', 'Base URL of the Core API. [env: LD_API_URL]'),
  'tenant-id': textFlag('ID', 'The tenant. [env: LD_TENANT_ID]'),
});

type Parse<T> = (text: string, command: unknown, flag: { name: string }) => Promise<T>;

/** For a flag's `parse`. @param parse gets the flag as it is typed, for its errors */
export const parsing =
  <T>(parse: (text: string, flag: string) => T): Parse<T> =>
  (text, _command, { name }) =>
    Promise.resolve(parse(text, `--${name}`));

/** The first of these flags that is given; a boolean that is false is not. */
export const firstGiven = <Name extends string>(
  flags: Partial<Record<Name, unknown>>,
  names: readonly Name[],
) => names.find((name) => flags[name] !== undefined && flags[name] !== false);

/** `appearTimeoutMs` is said by `appear-timeout`. */
export const flagOf = (field: string) =>
  field.replace(/Ms$/, '').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/**
 * The flags that are given as fields of a request. A boolean that is false is not given.
 */
export function fieldsIn(flags: Readonly<Record<string, unknown>>, fields: object) {
  const values = Object.keys(fields).map((field) => [field, flags[flagOf(field)]] as const);
  return Object.fromEntries(values.filter(([, value]) => value !== undefined && value !== false));
}

/** Repeated, or with commas. */
export const MANY = { multiple: true, multipleNonGreedy: true, delimiter: ',' } as const;

export const idsFlag = Flags.custom<Id>({
  ...MANY,
  helpValue: 'ID',
  parse: parsing(parseId),
});

/** Nodes, each by its id, its name or the end of its id: `resolveNodes` says which they are. */
export const nodesFlag = Flags.custom<NodeRef>({
  ...MANY,
  ...{ char: 'n', aliases: ['node-id'], helpValue: 'ID|NAME' },
  parse: parsing(parseNodeRef),
});

/** A flag whose text is read as something else. */
export const valueFlag = <T extends string | number>(
  helpValue: string,
  summary: string,
  parse: (text: string, flag: string) => T,
) =>
  Flags.custom<string | number>({ helpValue, summary, parse: parsing(parse) })() as OptionFlag<
    T | undefined
  >;

/** How long, in milliseconds. Help shows how one is written. */
export const durationFlag = (summary: string, helpValue = '30s') =>
  valueFlag(helpValue, summary, parseDuration);

export const wholeNumber = (summary: string, min: number, max: number) =>
  valueFlag('N', summary, (text, flag) => parseWholeNumber(text, flag, min, max));

/** @throws UsageError */
export function parseWholeNumber(text: string, flag: string, min: number, max: number): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
  if (value >= min && value <= max) return value;
  throw new UsageError(
    `${flag}: ${JSON.stringify(text)} is not a whole number from ${min} to ${max}`,
  );
}
