/*
 * What was probably meant by a command, a flag or a topic that there is not.
 */

import { closestMatch } from 'leven';
import { UsageError } from '../../base/errors.js';
import { shellWord } from '../../base/text.js';
import { globalFlags, inOrder, typedNames, type CommandLine, type Commands } from './argv.js';

/** What is wrong, and where to read on. @param id of a command or a group; '' for all of ldctl */
export function mistake(message: string, id: string, advice = '') {
  return new UsageError(message, { hint: `${advice}${advice && ' '}${seeHelp(id)}` });
}

export function seeHelp(id: string) {
  return `See ${['ldctl', ...id.split(':').filter(Boolean), '--help'].join(' ')}`;
}

/** The group that the first word names; '' for all of ldctl. */
export function groupOf([group = '']: readonly string[], commands: Commands) {
  return Object.keys(commands).some((id) => id.startsWith(`${group}:`)) ? group : '';
}

/** What other tools call a command, or a group. */
const OTHER_WORDS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    activity: 'activities',
    ls: 'list',
    delete: 'remove',
    rm: 'remove',
    edit: 'update',
    config: 'profiles:add',
    configure: 'profiles:add',
    login: 'profiles:add',
    start: 'activities:trigger',
    stop: 'activities:trigger',
    restart: 'activities:trigger',
    reconfigure: 'activities:trigger',
    logs: 'activities:list',
    history: 'activities:list',
    events: 'activities:list',
    'get activities': 'activities:list',
    view: 'activities:show',
    describe: 'activities:show',
    'get nodes': 'nodes:list',
    'list nodes': 'nodes:list',
    status: 'nodes:list',
    ps: 'nodes:list',
    watch: 'nodes:list',
    'get deployments': 'deployments:list',
    'auth login': 'profiles:add',
    'auth status': 'whoami',
    'config use-context': 'profiles:use',
    use: 'profiles:use',
    switch: 'profiles:use',
    logout: 'profiles:remove',
  }),
);

/** What other tools call a flag. */
const OTHER_FLAGS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    '--detach': '--no-wait',
    '--async': '--no-wait',
    '--parallel': '--max-unavailable',
    '--concurrency': '--max-unavailable',
    '--batch-size': '--max-unavailable',
    '--force': '--yes',
    '--auto-approve': '--yes',
    '--no-confirm': '--yes',
    '--non-interactive': '--yes',
    '--verbose': '--debug',
    '--tail': '--limit',
    '--fields': '--columns',
    '--host': '--node',
    '--format': '-o',
    '--context': '-p',
    '--follow': '--watch',
    '--selector': '--node',
    '--app': '-d',
    '--mine': '--author me',
  }),
);

/** What no command of ldctl does, and what does. */
const DONE_ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ['sandbox stop', 'A sandbox ends with Ctrl-C in its own terminal.'],
  ['update', 'To update ldctl: npm install -g ldctl@latest.'],
  ['upgrade', 'To update ldctl: npm install -g ldctl@latest.'],
]);

/**
 * @param typed words that name no command
 * @param before what is typed before a command
 */
export function unknownCommand(
  typed: readonly string[],
  commands: Commands,
  flags: CommandLine['flags'],
  before: 'help ' | '' = '',
) {
  const group = groupOf(typed, commands);
  const asked = (group ? typed.slice(1) : typed).map((word) => word.toLowerCase());
  const what = `there is no command ${typed.slice(0, group ? 2 : 1).join(' ')}`;
  const done = DONE_ELSEWHERE.get(typed.join(' '));
  if (done) return mistake(what, group, done);
  const acting = actingIn(asked, group, flags, commands);
  if (acting) return mistake(what, group, acting);
  const words = wordsOf(asked, group, commands);
  const known = [...new Set(Object.keys(commands).flatMap((id) => [id, id.replace(/:.*/, '')]))];
  const near = known.filter(
    (id) =>
      id !== typed[0] &&
      id.split(':').every((part, at) => nearest(words[at] ?? '', [part]) !== null),
  );
  const meant =
    closestMatch(words.slice(0, 2).join(':'), near) ??
    known.find((id) => id.endsWith(`:${words[0]}`));
  const advice = meant && `Did you mean ldctl ${before}${meant.replaceAll(':', ' ')}?`;
  return mistake(what, group, advice);
}

/** Of `restart iggy`, or `roll iggy restart`, the whole command; '' for all else. */
function actingIn(
  asked: readonly string[],
  group: string,
  flags: CommandLine['flags'],
  commands: Commands,
) {
  const [verb = ''] = asked;
  if (!['', 'activities'].includes(group)) return '';
  if (/^(cancel|abort|kill|undo)$/.test(verb)) return 'A trigger cannot be cancelled.';
  const pair = /^(trigger|roll(out)?)$/.test(verb) ? asked.slice(1) : asked;
  const run = inOrder(pair) ?? inOrder([...pair].reverse());
  const command = commands[`activities:${verb.startsWith('roll') ? 'roll' : 'trigger'}`];
  return command && run ? toWrite(command, run, flags) : '';
}

/** What was asked for in ldctl's own words. */
function wordsOf(asked: readonly string[], group: string, commands: Commands) {
  const ours = (words: string) => (OTHER_WORDS.get(words) ?? words).split(':');
  const phrase = asked.slice(0, 2).join(' ');
  if (!group) return OTHER_WORDS.has(phrase) ? ours(phrase) : asked.flatMap(ours);
  // The same word means the command of this group, if it has one.
  const [verb = ''] = asked;
  const own = [group, ours(verb).at(-1) ?? ''];
  return commands[own.join(':')] || !OTHER_WORDS.has(verb) ? own : ours(verb);
}

/** @param typed words that there is no help on @param texts by what there is help on */
export function unknownTopic(
  typed: readonly string[],
  texts: ReadonlyMap<string, string>,
  commands: Commands,
) {
  const near = nearest(typed.join('-'), [...texts.keys()]);
  if (near === null) return unknownCommand(typed, commands, [], 'help ');
  const what = `there is no help on ${typed.join(' ')}`;
  return mistake(what, '', `Did you mean ldctl help ${near.replaceAll(':', ' ')}?`);
}

/** @param owner the command, or the group */
export function unknownFlag(typed: string, owner: string, line: CommandLine, commands: Commands) {
  const what = `there is no flag ${typed}`;
  const needless = needlessFlag(owner, typed);
  if (needless) return mistake(what, owner, needless);
  const { command } = line;
  if (command && Object.hasOwn(command.args, typed.slice(2))) {
    const given = [...line.given];
    const valueOf = (name: string) => line.flags.find((flag) => flag.typed === `--${name}`)?.value;
    const words = Object.keys(command.args).map(
      (name) => valueOf(name) ?? given.shift() ?? name.toUpperCase(),
    );
    const others = line.flags.filter((flag) => !Object.hasOwn(command.args, flag.typed.slice(2)));
    return mistake(what, owner, given.length > 0 ? '' : toWrite(command, words, others));
  }
  const known = [...typedNames(command?.flags ?? globalFlags(commands)).keys()];
  const meant = meantFlag(typed, known);
  if (meant !== null) return mistake(what, owner, `Did you mean ${meant}?`);
  const flag = OTHER_FLAGS.get(typed.toLowerCase()) ?? typed;
  const group = owner.replace(/:.*/, ':');
  const other = Object.values(commands).find(
    ({ id, flags }) => id.startsWith(group) && typedNames(flags).has(flag),
  );
  if (!other) return mistake(what, owner);
  return mistake(what, other.id, `${flag} goes with ldctl ${other.id.replaceAll(':', ' ')}.`);
}

function meantFlag(typed: string, known: readonly string[]) {
  const alias = OTHER_FLAGS.get(typed.toLowerCase());
  if (alias !== undefined) return known.some((flag) => alias.startsWith(flag)) ? alias : null;
  const word = typed.replace(/^-v$/i, '--version');
  const near = nearest(word, [...known, '--help', '--version']);
  return near === '--version' ? 'ldctl --version' : near;
}

/** What a command that acts does without it. */
function needlessFlag(id: string, typed: string) {
  if (!/^activities:(trigger|roll|wait)$/.test(id)) return '';
  if (/^(-A|--all(-nodes)?)$/.test(typed)) return 'Leave --node out for every node.';
  const isFollow = /^(-w|-f|--watch|--follow)$/.test(typed);
  return isFollow ? 'It follows to the end without a flag.' : '';
}

/**
 * A whole command, with every flag that was typed: if one was lost, it could act on more nodes than
 * were meant. '' where the command lacks one of them.
 */
export function toWrite(
  { id, flags: own }: Commands[string],
  words: readonly string[],
  flags: CommandLine['flags'],
) {
  if (!flags.every(({ name }) => own[name ?? ''])) return '';
  const typed = [...words, ...flags.flatMap((flag) => flag.words)].map(shellWord);
  return `Write: ${['ldctl', ...id.split(':'), ...typed].join(' ')}.`;
}

/** In any case; one that starts so is near too. */
function nearest(typed: string, known: readonly string[]) {
  const word = typed.toLowerCase();
  const longer = known.find((one) => word.length > 1 && one.startsWith(word));
  return closestMatch(word, known, { maxDistance: Math.floor(word.length / 3) }) ?? longer ?? null;
}
