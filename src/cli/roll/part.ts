/*
 * A roll: what it does, and its run.
 */

import type { Id } from '../../base/ids.js';
import { shellWord } from '../../base/text.js';
import { keptRun, roll, type Tools } from '../../app/jobs.js';
import type { OpenDeployment } from '../../app/open.js';
import {
  check,
  rollRequest,
  type CheckedRoll,
  type CheckedTrigger,
  type RollRequest,
} from '../../app/requests.js';
import { nodesOfRoll } from '../../app/roll-nodes.js';
import { actionText } from '../../output/run-text.js';
import { openRunJournal } from '../../config/journal.js';
import { lookBefore } from '../acting.js';
import { isToBeAsked, type Before, type ConsentFlags, type Intent } from '../consent.js';
import type { CommandContext } from '../context.js';
import { showJob } from '../following.js';
import { runGate } from '../gate.js';
import { typedAgain } from '../host.js';
import type { Whom } from '../whom.js';
import { keptRoll, recordPart, type KeptRoll, type Recorded } from './record.js';

/** What is to be done. */
export interface Part extends Before {
  request: CheckedRoll;
  intent: Intent;
  /** A command. */
  gate: string | null;
}

/** How a roll goes, by flags: what is not given is undefined. */
export type How = { [K in keyof RollRequest]?: RollRequest[K] | undefined };

/** What it is made from. */
interface PartAsked {
  /** As a trigger has it, since its nodes may not be known yet. */
  request: CheckedTrigger;
  intent: Intent;
  how: How;
  gate: string | null;
}

/** Finds out which nodes it acts on. @throws as `lookBefore` and `nodesOfRoll` do */
export async function preparePart(
  context: CommandContext,
  { request: asked, intent, how, gate }: PartAsked,
  flags: ConsentFlags,
  argv: readonly string[],
): Promise<Part> {
  const { runtime, action, nodes: named, idempotencyKey: key } = asked;
  // If the roll has a record, the process that wrote it has looked before.
  const recall = (deployment: OpenDeployment) =>
    (key !== undefined && keptRoll(context, deployment, key)?.nodes) || null;
  const before = await lookBefore(context, { ...intent, ...asked }, flags, recall);
  const { deployment, isAsked, found, kept } = before;
  const wordsFor = (nodes: readonly Id[]) => {
    if (nodes.length === 0) return ['nodes', 'list', ...deployment.flags];
    const typed = typedAgain(context.host, argv, ['expect-nodes']);
    return ['activities', 'roll', runtime, action, ...typed, '--node', nodes.join()];
  };
  const command = (nodes: readonly Id[]) => ['ldctl', ...wordsFor(nodes)].map(shellWord).join(' ');
  const wanted = { ...asked, isAsked, now: context.host.clock.now(), command };
  const nodes = named ?? kept ?? (found ? nodesOfRoll(found, wanted) : []);
  const request = check(rollRequest, 'roll', { ...how, runtime, action, nodes });
  return { ...before, request, gate, intent: { ...intent, nodes: found ? named : nodes } };
}

/** As its record has it, with what these flags change. @throws UsageError as `isToBeAsked` */
export async function resumePart(
  context: CommandContext,
  { gate, several: _several, gateFirst: _first, continueOnError: _on, ...kept }: KeptRoll,
  how: How,
  flags: ConsentFlags,
  idempotencyKey: string,
): Promise<Part> {
  const changed = Object.entries<unknown>(how).filter(([, value]) => value !== undefined);
  // The time limit was for the process that started it.
  const given = { ...kept, timeoutMs: 0, ...Object.fromEntries(changed) };
  const request = check(rollRequest, 'roll', given);
  const intent = intentOf(request, request.maxUnavailable);
  const { target } = context;
  const deployment = await target.open();
  const isAsked = isToBeAsked(context, target, deployment, intent, flags);
  // Reading through its own journal would note them as sent by this process.
  const journal = openRunJournal(context.folder, context.host.clock);
  const isSent = (node: Id) => {
    const run = { ...request, nodes: [node], idempotencyKey };
    return keptRun({ ...deployment, journal }, run)?.marks.has('accepted') === true;
  };
  const sentBefore = isAsked ? request.nodes.filter(isSent) : [];
  const found = null;
  return { deployment, isAsked, found, request, gate, intent: { ...intent, sentBefore } };
}

/** As in `this would restart iggy, one node at a time, on every node`; or `25% at a time`. */
export function intentOf(
  { runtime, action, nodes }: Pick<CheckedTrigger, 'runtime' | 'action' | 'nodes'>,
  most: CheckedRoll['maxUnavailable'] = 1,
): Intent {
  const pace = `${most === 1 ? 'one node' : most} at a time,`;
  const what = `${actionText(action, runtime)}, ${pace}`;
  return { what, runtime, action, nodes, wait: true, isRoll: true };
}

/** A part that is agreed to, under the key of the roll. */
interface AgreedPart extends Part {
  request: Recorded['request'];
  whom: Whom;
}

/**
 * Runs it, shown to its end.
 * @param flags by which a later command continues it
 * @param how the flags that say how it goes
 * @returns the exit code @throws LdctlError where nothing was sent
 */
export function runPart(
  context: CommandContext,
  part: AgreedPart,
  flags: readonly string[],
  how: readonly string[],
) {
  const { deployment, found, request, whom } = part;
  const endRecord = recordPart(context, part);
  const stopping = context.interrupts.inTwoStages();
  return showJob(context, deployment, { ...request, whom, how }, async (tools) => {
    try {
      const lasting = { ...deployment, flags, keepsRolls: true };
      const gate = gateOf(context, part, tools);
      const end = await roll(lasting, request, { ...tools, stopping, gate }, found);
      if (end.result.resume === null) endRecord('finished');
      return end;
    } catch (error) {
      // Nothing was sent, so there is nothing to resume.
      endRecord('refused');
      throw error;
    }
  });
}

function gateOf(
  { host }: CommandContext,
  { deployment, request, gate: command }: AgreedPart,
  tools: Tools,
): Tools['gate'] {
  if (command === null) return undefined;
  const { env, platform, clock, output, runGate: run = runGate } = host;
  const { keys } = output.stdout;
  const { runtime, action } = request;
  const facts = { deployment_id: deployment.deploymentId, runtime, action };
  return (node_id, activity_id, { signal }) => {
    const onLine = (line: string) => tools.emit({ event: 'gate_output', node_id, line });
    const node_name = output.names.get(node_id) ?? null;
    const about = { ...facts, node_id, activity_id, node_name };
    return run(command, about, { env, platform, clock, keys, signal, onLine });
  };
}
