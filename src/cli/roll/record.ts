/*
 * The record of a roll on one deployment, which `--resume` needs. In a roll over several each part
 * has one, which also says how the whole goes on.
 */

import * as v from 'valibot';
import { formatDuration } from '../../base/durations.js';
import { refusedError, usageError } from '../../base/errors.js';
import { sortedUnique } from '../../base/ids.js';
import { idText } from '../../base/journal.js';
import { count } from '../../base/text.js';
import { resumeCommand } from '../../app/jobs.js';
import type { OpenDeployment } from '../../app/open.js';
import { rollRequest, type CheckedRoll } from '../../app/requests.js';
import { openRollJournal, type RollRecord } from '../../config/journal.js';
import { deploymentText } from '../../config/structure.js';
import type { CommandContext } from '../context.js';

/** How a roll over several deployments goes from one to the next. */
const severalPlan = v.strictObject({
  /** In their order. */
  deployments: v.array(idText),
  /** What they are called: by their profiles, else by their ids. */
  names: v.array(v.string()),
  /** By which a later command names the same deployments: `--profile staging,prod`. */
  flags: v.array(v.string()),
  /** The flags that say how the roll goes, as they were typed. */
  words: v.array(v.string()),
  pauseBetweenMs: v.number(),
});
export type SeveralPlan = v.InferOutput<typeof severalPlan>;

/** Ids as text, and the command of a gate. Never an API key. */
const storedRoll = v.strictObject({
  ...rollRequest.entries,
  nodes: v.pipe(v.array(idText), v.readonly()),
  gate: v.nullable(v.string()),
  several: v.optional(severalPlan),
});

/** What the record of a part is made from. */
export interface Recorded {
  deployment: OpenDeployment;
  request: CheckedRoll & { idempotencyKey: string };
  gate: string | null;
}

export type KeptRoll = v.InferOutput<typeof storedRoll>;
type Kept = RollRecord<KeptRoll>;

/** The roll with a key, as its record has it; undefined for none. */
export const keptRoll = (context: CommandContext, deployment: OpenDeployment, key: string) =>
  journalOf(context, deployment).read(key)?.request;

const journalOf = ({ folder }: CommandContext, { deploymentId, clock }: OpenDeployment) =>
  openRollJournal(folder, deploymentId, storedRoll, clock);

/**
 * Writes the record of a part.
 * @returns how to end it: `finished`: nothing is left to resume; `refused`: nothing was sent
 * @throws UsageError where the key was used for another roll
 */
export function recordPart(
  context: CommandContext,
  { deployment, request, gate }: Recorded,
  several?: SeveralPlan,
) {
  const journal = journalOf(context, deployment);
  const { idempotencyKey: key } = request;
  const generation = journal.start(key, { ...request, gate, several }, (before) => {
    const kept = before.request;
    if (several && kept.several && idsIn(several) !== idsIn(kept.several)) throw overOthers(before);
    if (whatOf(kept) === whatOf(request)) return;
    throw usageError(
      'key_used',
      'this idempotency key was used for another roll; nothing was sent',
      `Use another key, or resume that roll: ${resumeText(key, kept.several?.flags ?? deployment.flags)}`,
    );
  });
  return (mark: 'finished' | 'refused') => journal.end(key, generation, mark);
}

/** What a roll does to which nodes, as text. */
function whatOf({ runtime, action, nodes }: Pick<CheckedRoll, 'runtime' | 'action' | 'nodes'>) {
  return [runtime, action, ...sortedUnique(nodes)].join(' ');
}

const idsIn = (several?: SeveralPlan) => several?.deployments.join() ?? '';

/**
 * The roll that is resumed.
 * @param resume its key, or `last`
 * @returns its key, how it goes over several, and what its record says of each deployment
 * @throws UsageError where it is over others: alone, the order of several would be lost; LdctlError
 * (exit 5) where there is none
 */
export function findRoll(
  context: CommandContext,
  deployments: readonly OpenDeployment[],
  resume: string,
) {
  const journals = deployments.map((deployment) => journalOf(context, deployment));
  const unfinished = () => journals.flatMap((journal) => journal.unfinished());
  const kept =
    resume === 'last' ? unfinished() : journals.flatMap((journal) => journal.read(resume) ?? []);
  // Of some rolls, the parts that have passed are left out.
  const found = kept.sort((a, b) => b.startedAt - a.startedAt);
  const idsOf = ({ request }: Kept) => idsIn(request.several);
  const [only] = deployments;
  const ids =
    deployments.length > 1 ? deployments.map(({ deploymentId }) => deploymentId).join() : '';
  const isOver = (record: Kept) => idsOf(record) === ids;
  const missing = (): never => {
    const which =
      resume === 'last' ? 'unfinished roll' : `roll with the key ${JSON.stringify(resume)}`;
    const isAlone = ids === '' && only;
    const where = isAlone ? `of ${deploymentText(only.ref)}` : 'over these deployments';
    const others = isAlone ? unfinished() : [];
    const forgets = 'ldctl remembers a roll for a day, on the machine that started it.';
    const rest = ' `ldctl activities list` shows what has run; roll the rest with --node.';
    throw refusedError(
      'no_such_roll',
      `there is no ${which} ${where} on this machine`,
      others.length > 0
        ? `Unfinished rolls: ${others.map((one) => rollText(one, context)).join(', ')}.`
        : `${forgets}${isAlone ? '' : rest}`,
    );
  };
  const newest = ids === '' ? found[0] : (found.find(isOver) ?? found.find(idsOf));
  const record = newest ?? missing();
  if (!isOver(record)) throw overOthers(record);
  const { key, request } = record;
  const rollOf = (deployment: OpenDeployment) => keptRoll(context, deployment, key) ?? missing();
  return { key, several: request.several, rollOf };
}

function rollText(record: Kept, { host }: CommandContext) {
  const { runtime, action, nodes } = record.request;
  const what = `${action} ${runtime}, ${count(nodes.length, 'node')}`;
  return `${record.key} (${what}, ${formatDuration(host.clock.now() - record.startedAt)} ago)`;
}

function overOthers(record: Kept) {
  const { names = [], flags = [] } = record.request.several ?? {};
  const which = `${names.length} deployments, in this order: ${names.join(', ')}`;
  return usageError(
    'other_deployments',
    `the roll ${record.key} goes over ${which}; nothing was sent`,
    `To resume it: ${resumeText(record.key, flags)}`,
  );
}

/** The command that resumes a roll. @param flags by which it names the same deployments */
export const resumeText = (roll: string, flags: readonly string[]) =>
  resumeCommand({ roll }, { flags, keepsRolls: true });
