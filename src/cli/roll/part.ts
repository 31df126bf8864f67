/*
 * A roll on one deployment: what it does there, its record, and its run. A roll over several has
 * such a part for each.
 */

import * as v from 'valibot';
import { usageError } from '../../base/errors.js';
import { parseId, sortedUnique, type Id } from '../../base/ids.js';
import { shellWord } from '../../base/text.js';
import { roll, type JobResult, type Tools } from '../../app/jobs.js';
import type { OpenDeployment } from '../../app/open.js';
import {
  check,
  rollRequest,
  type CheckedRoll,
  type CheckedTrigger,
  type RollRequest,
} from '../../app/requests.js';
import { nodesOfRoll } from '../../app/roll-nodes.js';
import { openRollJournal, type RollRecord } from '../../config/journal.js';
import { lookBefore } from '../acting.js';
import { agree, type Before, type Intent } from '../consent.js';
import type { CommandContext, Target } from '../context.js';
import { showJob } from '../following.js';
import { runGate } from '../gate.js';
import type { Whom } from '../whom.js';

/** A roll as the journal keeps it: ids as text, and the command of a gate. */
const storedRoll = v.strictObject({
  ...rollRequest.entries,
  nodes: v.pipe(
    v.array(v.string()),
    v.transform((all) => all.map((digits) => parseId(digits))),
  ),
  gate: v.nullable(v.string()),
});

export const rollIn = ({ request }: RollRecord) => check(storedRoll, 'roll', request);

export const journalOf = ({ folder }: CommandContext, { deploymentId, clock }: OpenDeployment) =>
  openRollJournal(folder, deploymentId, clock);

/** What is to be done on one deployment. */
export interface Part extends Before {
  request: CheckedRoll;
  intent: Intent;
  /** A command. */
  gate: string | null;
}

/** How a roll goes, by flags: what is not given is undefined. */
export type How = { [K in keyof RollRequest]?: RollRequest[K] | undefined };

/** What every part of a roll is made from. */
interface PartAsked {
  /** As a trigger has it, since its nodes may not be known yet. */
  request: CheckedTrigger;
  isOneOfSeveral: boolean;
  how: How;
  gate: string | null;
  chosen: Intent['chosen'];
}

/** Finds out which nodes it acts on. @throws as `lookBefore` and `nodesOfRoll` do */
export async function preparePart(
  context: CommandContext,
  target: Target,
  { request: asked, isOneOfSeveral, how, gate, chosen }: PartAsked,
  flags: Parameters<typeof lookBefore>[3],
  argv: readonly string[],
): Promise<Part> {
  const { runtime, action, nodes: named, idempotencyKey: key } = asked;
  const intent = { ...intentOf(asked, how.maxUnavailable), chosen };
  // If the roll has a record, the process that wrote it has looked before.
  const recall = (own: OpenDeployment) =>
    (key !== undefined && journalOf(context, own).read(key)) || null;
  const look = { ...asked, what: intent.what, isRoll: true, isOneOfSeveral, chosen };
  const before = await lookBefore(context, target, look, flags, recall);
  const { own, consent, found, kept } = before;
  const command = (nodes: readonly Id[]) => {
    const onEvery = ['activities', 'trigger', runtime, action, ...own.flags];
    // The nodes of the other deployments are not known yet.
    const onThese = isOneOfSeveral
      ? ['nodes', 'list', ...own.flags]
      : ['activities', 'roll', ...withNodes(argv, nodes)];
    return ['ldctl', ...(nodes.length > 0 ? onThese : onEvery)].map(shellWord).join(' ');
  };
  const isAsked = consent === 'to be asked' || consent === 'no one to ask';
  const now = context.host.clock.now();
  const unnamed = () =>
    found ? nodesOfRoll(found, { ...asked, isAsked, now, command }) : nodesIn(kept);
  const nodes = named ?? unnamed();
  const request = check(rollRequest, 'roll', { ...how, runtime, action, nodes });
  return {
    own,
    consent,
    found,
    request,
    gate,
    intent: { ...intent, nodes: found ? named : nodes },
  };
}

/** As its record has it, with what these flags change. */
export function resumedPart(
  record: RollRecord,
  how: How,
  gate: string | undefined,
): Pick<Part, 'request' | 'intent' | 'gate'> {
  const { gate: kept, ...rest } = rollIn(record);
  const changed = Object.entries<unknown>(how).filter(([, value]) => value !== undefined);
  // The time limit was for the process that started it.
  const given = { ...rest, timeoutMs: 0, ...Object.fromEntries(changed) };
  const request = check(rollRequest, 'roll', given);
  return { request, intent: intentOf(request, request.maxUnavailable), gate: gate ?? kept };
}

const nodesIn = (record: RollRecord | null) => (record ? rollIn(record).nodes : []);

/** As in `this would restart iggy, one node at a time, on every node`; or `25% at a time`. */
export function intentOf(
  { runtime, action, nodes }: Pick<CheckedTrigger, 'runtime' | 'action' | 'nodes'>,
  most: CheckedRoll['maxUnavailable'] = 1,
): Intent {
  const what = `${action} ${runtime}, ${most === 1 ? 'one node' : most} at a time,`;
  return { what, runtime, action, nodes, wait: true, isRoll: true };
}

/** The words as they were typed, with these nodes in place of a number. */
function withNodes(argv: readonly string[], nodes: readonly Id[]) {
  return [...withoutFlag('--expect-nodes', argv), '--node', nodes.join()];
}

export const withoutFlag = (flag: string, argv: readonly string[]) =>
  argv.filter((word, at) => word !== flag && !word.startsWith(`${flag}=`) && argv[at - 1] !== flag);

/** A part that is agreed to, under the key of the roll. */
export interface AgreedPart extends Part {
  request: CheckedRoll & { idempotencyKey: string };
  whom: Whom;
}

/** Asks about it, if that is to be asked. @throws as `agree` */
export async function agreePart(
  context: CommandContext,
  part: Part,
  ifBusy: string | undefined,
): Promise<Part & Pick<AgreedPart, 'whom'>> {
  const { changes, whom } = await agree(context, part, part.intent, ifBusy);
  return { ...part, whom, request: { ...part.request, ...changes } };
}

/**
 * The roll of one deployment, shown to its end.
 * @param flags by which a later command continues it
 */
export function rollOne(context: CommandContext, part: AgreedPart, flags: readonly string[]) {
  const { own, request, whom } = part;
  const endRecord = recordPart(context, part);
  const stopping = context.interrupts.inTwoStages();
  return showJob(context, own, { ...request, whom }, async (tools) => {
    try {
      const end = await runPart(context, part, flags, { ...tools, stopping });
      if (end.result.resume === null) endRecord('finished');
      return end;
    } catch (error) {
      // Nothing was sent, so there is nothing to resume.
      endRecord('refused');
      throw error;
    }
  });
}

/**
 * Writes its record, which `--resume` needs.
 * @returns how to end it: `finished`: nothing is left to resume; `refused`: nothing was sent
 * @throws UsageError where the key was used for another roll
 */
export function recordPart(context: CommandContext, { own, request, gate }: AgreedPart) {
  const journal = journalOf(context, own);
  const { idempotencyKey: key } = request;
  const generation = journal.start(key, { ...request, gate }, (before) => {
    if (whatOf(rollIn(before)) !== whatOf(request)) throw keyUsed(key);
  });
  return (mark: 'finished' | 'refused') => journal.end(key, generation, mark);
}

const keyUsed = (key: string) =>
  usageError(
    'key_used',
    'this idempotency key was used for another roll; nothing was sent',
    `Use another key, or resume that roll: ldctl activities roll --resume ${key}`,
  );

/** What a roll does to which nodes, as text. */
function whatOf({ runtime, action, nodes }: Pick<CheckedRoll, 'runtime' | 'action' | 'nodes'>) {
  return [runtime, action, ...sortedUnique(nodes)].join(' ');
}

/**
 * @param flags by which a later command continues it
 * @throws LdctlError where nothing was sent
 */
export function runPart(
  context: CommandContext,
  { own, found, request, gate }: AgreedPart,
  flags: readonly string[],
  tools: Tools,
): Promise<JobResult> {
  const lasting = { ...own, flags, keepsRolls: true };
  const run = gate === null ? undefined : gateOf(context, gate, own, request, tools);
  return roll(lasting, request, { ...tools, gate: run }, found);
}

function gateOf(
  { host, keys }: CommandContext,
  command: string,
  { deploymentId: deployment_id }: OpenDeployment,
  { runtime, action }: CheckedRoll,
  { emit }: Tools,
): Tools['gate'] {
  const { env, platform, clock, output, runGate: run = runGate } = host;
  const facts = { deployment_id, runtime, action };
  return (node_id, activity_id, { signal }) => {
    const onLine = (line: string) => emit({ event: 'gate_output', node_id, line });
    return run(
      command,
      { ...facts, node_id, activity_id, node_name: output.names.get(node_id) ?? null },
      { env, platform, clock, keys, signal, onLine },
    );
  };
}
