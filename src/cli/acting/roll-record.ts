/*
 * The record of a roll, which `--resume` needs.
 */

import * as v from 'valibot';
import { formatDuration } from '../../base/durations.js';
import { refusedError, usageError } from '../../base/errors.js';
import { sortedUnique, type Id } from '../../base/ids.js';
import { idText } from '../../base/journal.js';
import { count, shellWord } from '../../base/text.js';
import { resumeCommand } from '../../app/jobs.js';
import type { OpenDeployment } from '../../app/open.js';
import { nodesIn, type HowOfRoll, type Order } from '../../app/order.js';
import { rollRequest, type CheckedRoll } from '../../app/requests.js';
import { openRollJournal, type RollRecord } from '../../config/journal.js';
import { deploymentText } from '../../config/structure.js';
import type { CommandContext } from '../context.js';
import { RETIRED } from '../line/argv.js';
import { typedAgain } from '../host.js';

/** Ids as text, and the command of a gate. Never an API key. */
const storedRoll = v.strictObject({
  ...rollRequest.entries,
  nodes: v.pipe(v.array(idText), v.readonly()),
  gate: v.nullable(v.string()),
  /** Until 2026-12 a roll could have these; one that is resumed continues without them. */
  gateFirst: v.optional(v.boolean()),
  continueOnError: v.optional(v.boolean()),
  /**
   * ldctl could roll over several deployments until 2026-12, and kept how that goes from one to the
   * next: what they are called, in their order, and the flags as they were typed.
   */
  several: v.optional(v.object({ names: v.array(v.string()), words: v.array(v.string()) })),
});

export type KeptRoll = v.InferOutput<typeof storedRoll>;

/** The roll with a key, as its record has it; undefined for none. */
export const keptRoll = (context: CommandContext, deployment: OpenDeployment, key: string) =>
  journalOf(context, deployment).read(key)?.request;

/** The rolls of a deployment that have not ended, the newest first. */
export const unfinishedRolls = (context: CommandContext, deploymentId: Id) =>
  journalOf(context, { deploymentId }).unfinished();

const journalOf = (
  { folders, host }: CommandContext,
  { deploymentId }: Pick<OpenDeployment, 'deploymentId'>,
) => openRollJournal(folders.journal, deploymentId, storedRoll, host.clock);

/**
 * Writes the record of a roll.
 * @returns how to end it: `finished`: nothing is left to resume; `refused`: nothing was sent
 * @throws UsageError where the key was used for another roll
 */
export function startRecord(context: CommandContext, order: Order<HowOfRoll>, key: string) {
  const { deployment, runtime, action } = order;
  const { is: _, ...how } = order.how;
  const roll = { runtime, action, nodes: nodesIn(order), ...how };
  const journal = journalOf(context, deployment);
  const generation = journal.start(key, roll, ({ request: kept }) => {
    if (whatOf(kept) === whatOf(roll)) return;
    throw usageError(
      'key_used',
      'this idempotency key was used for another roll; nothing was sent',
      `Use another key, or resume that roll: ${resumeText(key, deployment.flags)}`,
    );
  });
  return (mark: 'finished' | 'refused') => journal.end(key, generation, mark);
}

/** What a roll does to which nodes, as text. */
function whatOf({ runtime, action, nodes }: Pick<CheckedRoll, 'runtime' | 'action' | 'nodes'>) {
  return [runtime, action, ...sortedUnique(nodes)].join(' ');
}

/**
 * The roll that is resumed.
 * @param resume its key, or `last`
 * @throws LdctlError (exit 5) where there is none; UsageError where it went over several deployments
 */
export function findRoll(context: CommandContext, deployment: OpenDeployment, resume: string) {
  const journal = journalOf(context, deployment);
  const record = resume === 'last' ? journal.unfinished()[0] : journal.read(resume);
  if (!record) throw noSuchRoll(context, deployment, resume, journal.unfinished());
  const { key, request: roll } = record;
  const { several } = roll;
  if (several) throw wasOverSeveral(context, deployment, key, { ...roll, several });
  return { key, roll };
}

function noSuchRoll(
  context: CommandContext,
  { ref }: OpenDeployment,
  resume: string,
  others: ReadonlyArray<RollRecord<KeptRoll>>,
) {
  const which =
    resume === 'last' ? 'unfinished roll' : `roll with the key ${JSON.stringify(resume)}`;
  return refusedError(
    'no_such_roll',
    `there is no ${which} of ${deploymentText(ref)} on this machine`,
    others.length > 0
      ? `Unfinished rolls: ${others.map((one) => rollText(one, context)).join(', ')}.`
      : 'ldctl remembers a roll for a day, on the machine that started it.',
  );
}

function rollText(record: RollRecord<KeptRoll>, { host }: CommandContext) {
  const { runtime, action, nodes } = record.request;
  const what = `${action} ${runtime}, ${count(nodes.length, 'node')}`;
  return `${record.key} (${what}, ${formatDuration(host.clock.now() - record.startedAt)} ago)`;
}

/** Under its key nothing that it has sent is sent again, so it can continue on each of them. */
function wasOverSeveral(
  { host }: CommandContext,
  { flags }: OpenDeployment,
  key: string,
  { runtime, action, nodes, several }: KeptRoll & { several: NonNullable<KeptRoll['several']> },
) {
  const { names, words } = several;
  const how = typedAgain(host, words, Object.keys(RETIRED));
  const which = ['--node', nodes.join(), '--idempotency-key', key];
  const command = ['ldctl', 'activities', 'roll', runtime, action, ...which, ...how, ...flags];
  return usageError(
    'several_deployments',
    `the roll ${key} went over ${names.length} deployments, in this order: ${names.join(', ')}; a roll acts on one; nothing was sent now`,
    `To continue it here, with what it has done not done again: ${command.map(shellWord).join(' ')}`,
  );
}

/** The command that resumes a roll. @param flags by which it names the same deployment */
const resumeText = (roll: string, flags: readonly string[]) =>
  resumeCommand({ roll }, { flags, keepsRolls: true });
