/*
 * A roll: its run, its gate, and how it is resumed.
 */

import { orderOf, perform, sentBefore, type HowOfRoll, type Order } from '../../app/order.js';
import type { Tools } from '../../app/jobs.js';
import type { OpenDeployment } from '../../app/open.js';
import { check, rollRequest, type RollRequest } from '../../app/requests.js';
import { openRunJournal } from '../../config/journal.js';
import type { CommandContext } from '../context.js';
import { typedAgain } from '../host.js';
import { isToBeAsked } from './consent.js';
import { commandOf, type Typed } from './draft.js';
import { runGate } from './gate.js';
import { showJob } from './job.js';
import { startRecord, type KeptRoll } from './roll-record.js';

/** How a roll goes, by flags: what is not given is undefined. */
export type RollFlags = { [K in keyof RollRequest]?: RollRequest[K] | undefined };

/** As its record has it, with what these flags change. @throws UsageError as `isToBeAsked` */
export function resumedOrder(
  context: CommandContext,
  { flags }: Typed,
  deployment: OpenDeployment,
  key: string,
  { gate, several: _several, gateFirst: _first, continueOnError: _on, ...kept }: KeptRoll,
  how: RollFlags,
): Order<HowOfRoll> {
  const changed = Object.entries<unknown>(how).filter(([, value]) => value !== undefined);
  // The time limit was for the process that started it.
  const given = { ...kept, timeoutMs: 0, ...Object.fromEntries(changed), idempotencyKey: key };
  const { runtime, action, nodes, gate: _, ...checked } = check(rollRequest, 'roll', given);
  const order = orderOf<HowOfRoll>(deployment, {
    ...{ runtime, action, isChosen: false },
    whom: { by: 'record', nodes },
    how: { is: 'roll', gate, ...checked },
  });
  const isAsked = isToBeAsked(context, order, deployment, flags);
  // Reading through its own journal would note them as sent by this process.
  const journal = openRunJournal(context.folders.journal, context.host.clock);
  return isAsked ? { ...order, sentBefore: sentBefore(order, journal) } : order;
}

/**
 * Runs it, shown to its end.
 * @param continuing flags by which a later command continues it
 * @param without flags of this command that a roll over its other nodes does not repeat
 * @returns the exit code @throws LdctlError where nothing was sent
 */
export function runRoll(
  context: CommandContext,
  typed: Typed,
  order: Order<HowOfRoll>,
  without: readonly string[],
) {
  const { gate, idempotencyKey: key = context.host.newIdempotencyKey() } = order.how;
  // A roll with a key of its own writes a record, which `--resume` needs.
  const keyed = { ...order, how: { ...order.how, idempotencyKey: key } };
  const endRecord = startRecord(context, keyed, key);
  const stopping = context.interrupts.inTwoStages();
  // Off a terminal the roll would not continue without it.
  const { confirm } = typed.flags;
  const consent = confirm === undefined ? [] : ['--confirm', confirm];
  const flags = [...order.deployment.flags, ...consent];
  const again = typedAgain(context.host, typed.argv, without);
  const how = gate === null ? again : [...again, '--gate', gate];
  return showJob(
    context,
    order.deployment,
    order,
    async (tools) => {
      try {
        const lasting = { ...keyed, deployment: { ...order.deployment, flags, keepsRolls: true } };
        const gated = { ...tools, stopping, gate: gateOf(context, order, gate, tools) };
        const end = await perform(lasting, gated, commandOf(context, typed, order));
        if (end.result.resume === null) endRecord('finished');
        return end;
      } catch (error) {
        // Nothing was sent, so there is nothing to resume.
        endRecord('refused');
        throw error;
      }
    },
    how,
  );
}

function gateOf(
  { host }: CommandContext,
  { deployment, runtime, action }: Order,
  command: string | null,
  tools: Tools,
): Tools['gate'] {
  if (command === null) return undefined;
  const { env, platform, clock, output, runGate: run = runGate } = host;
  const { keys } = output.stdout;
  const { deploymentId, profile } = deployment;
  const facts = { deployment_id: deploymentId, profile, runtime, action };
  return (node_id, activity_id, { signal }) => {
    const onLine = (line: string) => tools.emit({ event: 'gate_output', node_id, line });
    const node_name = output.names.get(node_id) ?? null;
    const about = { ...facts, node_id, activity_id, node_name };
    return run(command, about, { env, platform, clock, keys, signal, onLine });
  };
}
