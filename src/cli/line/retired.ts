/*
 * What earlier versions could do, and how it is done now.
 */

import { usageError } from '../../base/errors.js';
import { shellWord } from '../../base/text.js';
import type { CommandLine, ReadFlag } from './argv.js';

/**
 * A roll over several deployments is one roll after the other.
 * @throws UsageError with the command for each of them
 */
export function refuseSeveralDeployments(line: CommandLine) {
  if (line.command?.id !== 'activities:roll') return;
  const has = (flag: string) => line.flags.some(({ name }) => name === flag);
  const dropped = ['pause-between', 'all-profiles'].filter(has);
  const list = ['profile', 'deployment'].find((flag) => valuesOf(line, flag).length > 1);
  if (list) dropped.push(list);
  const isTwice = valuesOf(line, 'confirm').length > 1;
  if (isTwice) dropped.push('confirm');
  if (dropped.length === 0) return;
  const commands = deploymentsOf(line, list).map((where) => typedAgain(line, dropped, where));
  const how = has('all-profiles') ? 'For each profile' : 'Write';
  const consent = isTwice ? ', with one --confirm each' : '';
  throw usageError(
    'several_deployments',
    'a roll acts on one deployment',
    `${how}${consent}: ${commands.join(' && ')}`,
  );
}

/** The flags that name each deployment. @param list the flag that names several */
function deploymentsOf(line: CommandLine, list: string | undefined) {
  if (list) return valuesOf(line, list).map((value) => [`--${list}`, value]);
  return line.flags.some(({ name }) => name === 'all-profiles') ? [['--profile', 'NAME']] : [[]];
}

/** By the flag: the commands that had it, and what is written in its place. */
const ANSWERS: Readonly<
  Record<string, { of: RegExp; answer: (line: CommandLine, value: string) => string }>
> = {
  'nodes-from': {
    of: /^activities:(trigger|roll|wait)$/,
    answer: (line, value) => {
      const file = value === '-' ? '' : ` ${shellWord(value)}`;
      return `Write: ${typedAgain(line, ['nodes-from'], [])} --node "$(cat${file})"`;
    },
  },
  config: {
    of: /^activities:(trigger|roll|wait)$/,
    answer: (line, value) => {
      const command = typedAgain(line, ['config'], []);
      return `Write: ${command.replace(/\breconfigure\b/i, `reconfigure:${shellWord(value)}`)}`;
    },
  },
  from: {
    of: /^nodes:name$/,
    answer: (line, value) => {
      const file = value === '-' ? '' : ` <${shellWord(value)}`;
      const each = `${typedAgain(line, ['from'], [])} "$id" "$name" </dev/null || break`;
      return `Write: while IFS=, read -r id name; do ${each}; done${file}`;
    },
  },
  'gate-first': {
    of: /^activities:roll$/,
    answer: (line) => {
      const gate = line.flags.find(({ name }) => name === 'gate')?.value;
      const before = gate === undefined ? '' : `${gate} && `;
      return `Write: ${before}${typedAgain(line, ['gate-first'], [])}`;
    },
  },
  'continue-on-error': {
    of: /^activities:roll$/,
    answer: (line) =>
      `Write: ${typedAgain(line, ['continue-on-error'], [])}. After a rejection, --resume continues past that node.`,
  },
};

/** @throws UsageError for a flag of earlier versions */
export function refuseRetired({ name, typed, value = '' }: ReadFlag, line: CommandLine) {
  const retired = ANSWERS[name ?? ''];
  if (!retired?.of.test(line.command?.id ?? '')) return;
  throw usageError(
    'flag_retired',
    `there is no flag ${typed} any more`,
    retired.answer(line, value),
  );
}

/** Of a flag that is repeated, or has commas. */
const valuesOf = ({ flags }: CommandLine, flag: string) =>
  flags
    .flatMap(({ name, value = '' }) => (name === flag ? value.split(',') : []))
    .map((value) => value.trim());

/** The command line, without some flags, and with more words at its end. */
function typedAgain(
  { command, given, flags }: CommandLine,
  without: readonly string[],
  more: readonly string[],
) {
  const kept = flags.filter(({ name }) => name !== null && !without.includes(name));
  const words = [...given, ...kept.flatMap((flag) => flag.words), ...more];
  return ['ldctl', ...(command?.id.split(':') ?? []), ...words].map(shellWord).join(' ');
}
