/*
 * The record over the parts of a roll over several deployments: their order, so that `--resume`
 * keeps it.
 */

import * as v from 'valibot';
import { refusedError, usageError } from '../../base/errors.js';
import { idText } from '../../base/journal.js';
import { shellWord, urlText } from '../../base/text.js';
import type { OpenDeployment } from '../../app/open.js';
import { check } from '../../app/requests.js';
import { openRollJournal, type RollRecord } from '../../config/journal.js';
import type { CommandContext } from '../context.js';
import { recordPart, type AgreedPart } from './part.js';

/** What the record over the parts keeps beside the key. Never an API key. */
const storedSeveral = v.strictObject({
  parts: v.array(
    v.strictObject({
      profile: v.nullable(v.string()),
      tenant: v.nullable(idText),
      core: v.string(),
      supervisor: v.string(),
      deployment: idText,
    }),
  ),
  /** By which a later command names the same deployments: `--profile staging,prod`. */
  flags: v.array(v.string()),
  pauseBetweenMs: v.number(),
  /** The flags that say how the roll goes, as they were typed. */
  words: v.array(v.string()),
});
type StoredSeveral = v.InferOutput<typeof storedSeveral>;

const severalIn = ({ request }: RollRecord) => check(storedSeveral, 'roll', request);

const journalOfSeveral = ({ folder, host }: CommandContext) =>
  openRollJournal(folder, 'several', host.clock);

/**
 * The record of a roll that is resumed over these deployments.
 * @throws UsageError where it is over others; LdctlError (exit 5) where there is none
 */
export function recordOfSeveral(
  context: CommandContext,
  resume: string,
  owns: readonly OpenDeployment[],
): StoredSeveral & { key: string } {
  const journal = journalOfSeveral(context);
  const isOver = (record: RollRecord) => sameDeployments(severalIn(record), owns);
  const record = resume === 'last' ? journal.unfinished().find(isOver) : journal.read(resume);
  if (!record) {
    const which =
      resume === 'last' ? 'unfinished roll' : `roll with the key ${JSON.stringify(resume)}`;
    throw refusedError(
      'no_such_roll',
      `there is no ${which} over these deployments on this machine`,
      'ldctl remembers a roll for a day, on the machine that started it. `ldctl activities list` shows what has run; roll the rest with --node.',
    );
  }
  if (!isOver(record)) throw overOthers(record);
  return { key: record.key, ...severalIn(record) };
}

const sameDeployments = ({ parts }: StoredSeveral, owns: readonly OpenDeployment[]) =>
  parts.map(({ deployment }) => deployment).join() === owns.map((own) => own.deploymentId).join();

/** One deployment of a roll over several is not resumed alone: the order would be lost. */
export function refuseAlone(
  context: CommandContext,
  key: string,
  { deploymentId }: OpenDeployment,
) {
  const record = journalOfSeveral(context).read(key);
  const isPart =
    record && severalIn(record).parts.some(({ deployment }) => deployment === deploymentId);
  if (isPart) throw overOthers(record);
}

function overOthers(record: RollRecord) {
  const { parts, flags } = severalIn(record);
  const names = parts.map(({ profile, deployment }) => profile ?? deployment);
  return usageError(
    'other_deployments',
    `this roll is over ${parts.length} deployments: ${names.join(', ')}; nothing was sent`,
    `To resume it: ${resumeText(record.key, flags)}`,
  );
}

/** The command that resumes a roll. @param flags by which it names the same deployments */
export const resumeText = (key: string, flags: readonly string[]) =>
  ['ldctl', 'activities', 'roll', '--resume', key, ...flags].map(shellWord).join(' ');

/** How a roll goes over its parts. */
export interface SeveralPlan {
  key: string;
  flags: readonly string[];
  words: readonly string[];
  pauseBetweenMs: number;
  /** Of the whole; 0 for no limit. */
  timeoutMs: number;
}

/** Before the first POST, so that none of them is forgotten. @throws UsageError as `recordPart` */
export function recordSeveral(
  context: CommandContext,
  parts: readonly AgreedPart[],
  { key, flags, words, pauseBetweenMs }: SeveralPlan,
) {
  const journal = journalOfSeveral(context);
  const request = {
    parts: parts.map(({ own }) => ({
      profile: own.account.settings.profile?.name ?? null,
      tenant: own.account.settings.tenantId?.value ?? null,
      core: urlText(own.account.settings.apiUrl.value),
      supervisor: urlText(own.supervisorUrl.value),
      deployment: own.deploymentId,
    })),
    flags,
    words,
    pauseBetweenMs,
  };
  const owns = parts.map(({ own }) => own);
  const generation = journal.start(key, request, (before) => {
    if (!sameDeployments(severalIn(before), owns)) throw overOthers(before);
  });
  const made: Array<ReturnType<typeof recordPart>> = [];
  const all = (mark: 'finished' | 'refused') => {
    for (const end of made) end(mark);
    journal.end(key, generation, mark);
  };
  try {
    for (const part of parts) made.push(recordPart(context, part));
  } catch (error) {
    all('refused');
    throw error;
  }
  return { parts: made, all };
}
