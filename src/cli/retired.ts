/*
 * What earlier versions could do, and how it is done now.
 */

import { usageError } from '../base/errors.js';
import { shellWord } from '../base/text.js';
import type { CommandLine } from './argv.js';

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
