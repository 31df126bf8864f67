/*
 * How far a roll has come that has not ended, by what it has left on this machine: of all of them a
 * list, of one what is left to do.
 */

import { ageText } from '../../base/durations.js';
import type { Id } from '../../base/ids.js';
import type { KeptRun, RunJournal } from '../../base/journal.js';
import { keptRun } from '../../app/jobs.js';
import { openRunJournal, rolledDeployments, type RollRecord } from '../../config/journal.js';
import { fieldColumn, type Column } from '../../output/columns.js';
import { actionText } from '../../output/run-words.js';
import type { CommandContext } from '../context.js';
import { unfinishedRolls, type KeptRoll } from './roll-record.js';

/** What is known of a node of a roll. */
type Progress = 'done' | 'rejected' | 'unconfirmed' | 'gate not passed' | 'sent' | 'not sent';

/** A roll that can be resumed, as programs get it. */
interface OpenRoll {
  key: string;
  deployment_id: Id;
  /** By a profile; null where none names it. */
  deployment: string | null;
  runtime: string;
  action: string;
  nodes: number;
  done: number;
  /** Why it is not done, as far as its records say. */
  stopped: Exclude<Progress, 'done' | 'sent' | 'not sent'> | 'ended early';
  /** When it last sent something, else when it was started, RFC 3339 UTC. */
  last_at: string;
}

export const openRollColumns = (now: number): ReadonlyArray<Column<OpenRoll>> => [
  fieldColumn('key', 0, 'key'),
  fieldColumn('deployment', 2, 'deployment', {
    text: ({ deployment, deployment_id: id }) => deployment ?? String(id),
  }),
  fieldColumn('deployment_id', null, 'deployment_id'),
  fieldColumn('action', 3, 'action', { text: (roll) => actionText(roll.action, roll.runtime) }),
  fieldColumn('done', 1, 'done', { text: ({ done, nodes }) => `${done} of ${nodes}` }),
  fieldColumn('stopped', 4, 'stopped', {
    text: ({ stopped, last_at: at }) => `${stopped}, ${ageText(at, now)} ago`,
  }),
];

/** All rolls on this machine that can be resumed, those of one deployment the newest first. */
export function openRolls(context: CommandContext): OpenRoll[] {
  const { folders, host, store } = context;
  const journal = openRunJournal(folders.journal, host.clock);
  const { profiles } = store.read();
  const nameOf = (id: Id) =>
    profiles.find(({ deployment_id: one }) => one === id)?.deployment_name ?? null;
  return rolledDeployments(folders.journal).flatMap((id) =>
    unfinishedRolls(context, id).map((record) => openRoll(record, id, nameOf(id), journal)),
  );
}

function openRoll(
  { key, startedAt, request }: RollRecord<KeptRoll>,
  deployment_id: Id,
  deployment: string | null,
  journal: RunJournal,
): OpenRoll {
  const { runtime, action, nodes } = request;
  const runs = nodeRuns({ ...request, idempotencyKey: key }, deployment_id, journal);
  const states = runs.map(({ kept }) => progressOf(kept, request.gate));
  const stops = ['rejected', 'unconfirmed', 'gate not passed'] as const;
  const stopped = stops.find((stop) => states.includes(stop)) ?? 'ended early';
  const done = states.filter((state) => state === 'done').length;
  const lastAt = Math.max(startedAt, ...runs.map(({ kept }) => kept?.record.postedAt ?? startedAt));
  const last_at = new Date(lastAt).toISOString();
  return {
    ...{ key, deployment_id, deployment, runtime, action },
    ...{ nodes: nodes.length, done, stopped, last_at },
  };
}

/** What a dry run says beside each node of a roll that is resumed. */
export function leftToDo(
  { folders, host }: CommandContext,
  roll: Pick<KeptRoll, 'runtime' | 'action' | 'nodes' | 'gate'> & { idempotencyKey: string },
  deploymentId: Id,
): ReadonlyMap<Id, string> {
  const texts: Record<Progress, string> = {
    done: 'done',
    rejected: 'rejected: not sent again',
    unconfirmed: 'unconfirmed: not sent again',
    'gate not passed': 'done; its gate has not passed',
    sent: 'sent: looked for in the log',
    'not sent': 'to be sent',
  };
  const runs = nodeRuns(roll, deploymentId, openRunJournal(folders.journal, host.clock));
  return new Map(runs.map(({ node, kept }) => [node, texts[progressOf(kept, roll.gate)]]));
}

const nodeRuns = (
  roll: Pick<KeptRoll, 'runtime' | 'action' | 'nodes'> & { idempotencyKey: string },
  deploymentId: Id,
  journal: RunJournal,
) =>
  roll.nodes.map((node) => ({
    node,
    kept: keptRun({ deploymentId, journal }, { ...roll, nodes: [node] }),
  }));

function progressOf(kept: KeptRun | null, gate: string | null): Progress {
  if (!kept) return 'not sent';
  const { marks } = kept;
  if (marks.has('rejected')) return 'rejected';
  if (marks.has('unconfirmed')) return 'unconfirmed';
  if (marks.has('passed')) return 'done';
  if (!marks.has('settled')) return 'sent';
  return gate === null ? 'done' : 'gate not passed';
}
