import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import type { BooleanFlag, FlagInput, OptionFlag } from '@oclif/core/interfaces';
import { FORMAT_NAMES } from '../../output/streams.js';

/** What the parser makes of flags, by their definitions. */
export type FlagsOf<T> = T extends FlagInput<infer Parsed> ? Parsed : never;

/** An argument that has to be given. */
export const neededArg = (description: string) =>
  Args.string({ required: true, ignoreStdin: true, description });

/** One that a person is asked for, by `BaseCommand.asker`. '' where it is missing. */
export const askedArg = (description: string) =>
  Args.string({ default: () => Promise.resolve(''), ignoreStdin: true, description });

/** One that may be left out. */
export const optionalArg = (description: string) => Args.string({ ignoreStdin: true, description });

/** A flag with a text. @param helpValue stands for it in help */
export const textFlag = (
  helpValue: string,
  summary: string,
  more: Partial<OptionFlag<string | undefined>> = {},
) => Flags.string({ helpValue, summary, ...more, multiple: false });

/** A flag without a value. */
export const switchFlag = (summary: string, more: Partial<BooleanFlag<boolean>> = {}) =>
  Flags.boolean({ summary, default: false, ...more });

/** A flag without a default: undefined if it is not given. */
export const optionalSwitch = (
  summary: string,
  more: Partial<BooleanFlag<boolean | undefined>> = {},
) => Flags.boolean<boolean | undefined>({ summary, ...more });

/** These flags, under a heading of their own in help. */
export function grouped<T extends FlagInput>(helpGroup: string, flags: T): T {
  for (const flag of Object.values(flags)) flag.helpGroup = helpGroup;
  return flags;
}

/** How the result is written. Every command has these. */
export const outputFlags = grouped('GLOBAL', {
  output: Flags.option({ options: FORMAT_NAMES })({
    char: 'o',
    summary: 'The format of the result.',
    default: 'table',
  }),
  json: switchFlag('The same as -o json.'),
  columns: textFlag('a,b', 'Columns of a table or of CSV, in this order.'),
  'no-header': switchFlag('Leave out the header of a table or of CSV.'),
  'number-ids': switchFlag('Write ids as bare numbers in JSON, for readers that keep 64 bits.'),
  utc: switchFlag('Show times in UTC at a terminal, too.'),
  'no-input': switchFlag('Ask nothing, as without a terminal. [env: CI]'),
  quiet: switchFlag('Say nothing on stderr but warnings and errors.', { char: 'q' }),
  debug: switchFlag('Show every request on stderr, without the key.'),
});

/** Which deployment, through which API, with which key. */
export const connectionFlags = grouped('GLOBAL', {
  profile: textFlag('NAME', 'The profile to use, in place of LD_* variables.', { char: 'p' }),
  deployment: textFlag('ID|NAME|PATH', 'The deployment to act on. [env: LD_DEPLOYMENT_ID]', {
    char: 'd',
    aliases: ['deployment-id'],
  }),
  'supervisor-url': textFlag('URL', 'Base URL of its Supervisor API. [env: LD_SUPERVISOR_URL]'),
  'api-url': textFlag('URL', 'Base URL of the Core API. [env: LD_API_URL]'),
  'tenant-id': textFlag('ID', 'The tenant. [env: LD_TENANT_ID]'),
});

/** In place of two of these, where several deployments may be named: `-p a,b`, or each repeated. */
export const severalFlags = grouped('DEPLOYMENT', {
  profile: Flags.string({
    ...{ multiple: true, multipleNonGreedy: true, char: 'p', helpValue: 'NAME,…' },
    summary: 'The profiles to use, each with its own deployment, in place of LD_* variables.',
  }),
  deployment: Flags.string({
    ...{ multiple: true, multipleNonGreedy: true, char: 'd', helpValue: 'ID|NAME|PATH,…' },
    summary: 'The deployments, all visible to one API key. [env: LD_DEPLOYMENT_ID]',
    aliases: ['deployment-id'],
  }),
});

/** Of what only reads: also every deployment that there is a profile for. */
export const readSeveralFlags = {
  ...severalFlags,
  ...grouped('DEPLOYMENT', {
    'all-profiles': switchFlag('Every profile that has a deployment; each deployment once.', {
      exclusive: ['profile', 'deployment'],
    }),
  }),
};
