/*
 * The words and flags of an action as a draft of an order; what is missing is asked for.
 */

import { idsInConsole } from '../../app/roll-nodes.js';
import type { Draft, How, HowOfTrigger, Order, Whom } from '../../app/order.js';
import { check, triggerRequest } from '../../app/requests.js';
import { parseAction, parseRuntime, RUNTIMES, type Activity } from '../../base/activity.js';
import { refusedError } from '../../base/errors.js';
import { parseId, type Id } from '../../base/ids.js';
import { count, shellWord } from '../../base/text.js';
import { listedIn } from '../../job/census.js';
import { PART_OF_KEY } from '../../job/wire-key.js';
import type { CommandContext } from '../context.js';
import { typedAgain } from '../host.js';
import { nodeChoices } from '../asking/node-states.js';
import { readNodes } from '../asking/named-nodes.js';
import { accepts, type Prompts } from '../asking/prompts.js';
import type { ActingFlags } from './flags.js';
import { openForJob } from './job.js';

/** A command as the parser has it, and as it was typed. */
export interface Typed {
  name: 'trigger' | 'roll';
  args: Record<'runtime' | 'action', string>;
  flags: ActingFlags & { wait?: boolean; resume?: string | undefined };
  argv: readonly string[];
}

/** What the same flags say of a trigger and of a roll. */
export const sharedFields = (flags: ActingFlags) => ({
  timeoutMs: flags.timeout,
  appearTimeoutMs: flags['appear-timeout'],
  ifBusy: flags['if-busy'],
  idempotencyKey: flags['idempotency-key'],
});

/**
 * @param prompts asks for what is missing; null where nothing is
 * @param howOf how it goes, by the same flags of a trigger
 * @throws UsageError; as `readNodes` and `askWhat` do
 */
export async function draftOf<H extends How>(
  context: CommandContext,
  prompts: Prompts | null,
  typed: Typed,
  howOf: (how: Omit<HowOfTrigger, 'is'>) => H,
): Promise<Draft<H>> {
  const { args, flags } = typed;
  const key = flags['idempotency-key'];
  if (key !== undefined && PART_OF_KEY.test(key)) {
    context.warn(
      `--idempotency-key ${JSON.stringify(key)} starts or ends with a separator; is a variable unset?`,
    );
  }
  const asked = prompts && (await askWhat(context, prompts, typed));
  const given = asked ?? {
    runtime: parseRuntime(args.runtime),
    action: parseAction(args.action),
    nodes: await readNodes(context, flags),
  };
  const { runtime, action, nodes, expectNodes, ...how } = check(triggerRequest, 'trigger', {
    ...sharedFields(flags),
    expectNodes: flags['expect-nodes'],
    wait: flags.wait,
    runtime: given.runtime,
    action: given.action,
    ...(given.nodes && { nodes: given.nodes }),
  });
  const isChosen = asked !== null;
  const whom: Whom = nodes
    ? { by: isChosen ? 'list' : 'name', nodes }
    : { by: 'all', expect: expectNodes };
  return { runtime, action, whom, how: howOf(how), isChosen };
}

/**
 * The command of an order, as it was typed.
 * @param without flags that are left out @param more what is said in their place
 */
export function commandOf(
  { host }: CommandContext,
  { name, argv }: Typed,
  { runtime, action }: Pick<Draft, 'runtime' | 'action'>,
  without: readonly string[] = [],
  more: readonly string[] = [],
) {
  const again = typedAgain(host, argv, without);
  return ['ldctl', 'activities', name, runtime, action, ...again, ...more].map(shellWord).join(' ');
}

/** Of an order that was chosen and agreed to: the command that would not have asked. */
export function chosenCommand(context: CommandContext, typed: Typed, order: Order) {
  const { whom, how } = order;
  const isPicked = whom.by === 'list';
  // The other words say it, or no question is left to answer.
  const said = ['node', 'yes', ...(isPicked ? ['expect-nodes'] : [])];
  const which = isPicked ? ['--node', whom.nodes.join()] : ['--yes'];
  const isAnswer = how.ifBusy === 'wait' && typed.flags['if-busy'] === undefined;
  return commandOf(context, typed, order, said, [
    ...which,
    ...(isAnswer ? ['--if-busy', 'wait'] : []),
  ]);
}

/** Whether the id of the config is missing, without which nothing is reconfigured. */
export const isWithoutConfig = (action: string) => action.toLowerCase() === 'reconfigure';

/**
 * Asks for the action and, if they are missing, for the runtime and the nodes.
 * @throws UsageError for what was typed; LdctlError (exit 5) where there is no node to pick;
 * Declined; Interrupted; as `Supervisor.list` does
 */
async function askWhat(context: CommandContext, prompts: Prompts, { name, args, flags }: Typed) {
  const typed = args.runtime && parseRuntime(args.runtime);
  const named = await readNodes(context, flags);
  // Where there is to be a number of nodes, every node is meant.
  const isEvery = flags['expect-nodes'] !== undefined;
  const { signal } = context;
  const found = isEvery ? null : await (await openForJob(context)).log.forNodes({ signal });
  if (found?.recent.length === 0 && !named) throw noneToPick(name, args);
  const runtimes = RUNTIMES.map((value) => {
    const nodes = found && count(listedIn(found.recent, value, true).here.length, 'node');
    return { value, name: nodes ? `${value.padEnd(10)}  ${nodes}` : value, short: value };
  });
  const runtime = typed || (await prompts.choose('Which runtime?', runtimes));
  const action = await askAction(prompts, args.action, found?.recent ?? []);
  if (named || !found) return { runtime, action, nodes: named };
  const { here, elsewhere } = listedIn(found.recent, runtime, true);
  const of = { listed: [...here, ...elsewhere], runtime, found };
  const { place } = await context.deployment();
  const choices = await nodeChoices(context.host, of);
  const nodes: readonly Id[] = await prompts.nodes(`Which nodes of ${await place()}?`, choices);
  return { runtime, action, nodes };
}

function noneToPick(name: Typed['name'], { runtime, action }: Typed['args']) {
  const command = `ldctl activities ${name} ${runtime || 'iggy'} ${action || 'restart'}`;
  return refusedError(
    'no_nodes_known',
    'no node has acted in the last 30 days, so there is none to pick',
    idsInConsole(null, (ids) => `${command} --node ${ids.join()}`),
  );
}

/** @param typed `reconfigure` where only the config is missing; '' for none */
async function askAction(prompts: Prompts, typed: string, entries: readonly Activity[]) {
  const verbs = ['restart', 'stop', 'start', 'reconfigure'].map((name) => ({ value: name, name }));
  const verb = typed || (await prompts.choose('Which action?', verbs));
  if (!isWithoutConfig(verb)) return parseAction(verb);
  return parseAction(`reconfigure:${await askConfig(prompts, entries)}`);
}

/** Of those that the log lists, or by its id. */
async function askConfig(prompts: Prompts, entries: readonly Activity[]) {
  const ids = new Set(
    entries.flatMap(({ action }) => /^reconfigure:(\d+)$/.exec(action)?.[1] ?? []),
  );
  const choices = [...ids].map((id) => ({ value: id, name: id }));
  const other = { value: '', name: 'another one' };
  const id = ids.size > 0 ? await prompts.choose('Which config?', [...choices, other]) : '';
  if (id) return id;
  const validate = accepts((text) => parseId(text.trim(), 'config'));
  return (await prompts.text('Which config? Its id:', { validate })).trim();
}
