import { lookAround, type LookRequest } from '../../app/jobs.js';
import type { OpenDeployment } from '../../app/open.js';
import type { CheckedTrigger } from '../../app/requests.js';
import type { Findings } from '../../app/survey.js';
import type { Activity } from '../../base/activity.js';
import type { Id } from '../../base/ids.js';
import { count } from '../../base/text.js';
import { busyText, isAsked, type ConsentFlags } from '../../cli/consent.js';
import type { CommandContext } from '../../cli/context.js';
import type { LogRead } from '../../log/log.js';

/** The deployment of a command, and what it has read of the log so far. */
export type JobDeployment = OpenDeployment & { seen: ReadonlyMap<Id, Activity> };

/** Opens it, and says which variables override the profile, before any question. */
export async function openForJob(context: CommandContext): Promise<JobDeployment> {
  const deployment = await context.deployment();
  const { overrides } = context.settings;
  if (overrides !== null) context.say(overrides);
  const { log } = deployment;
  const seen = new Map<Id, Activity>();
  const keep = async (reading: Promise<LogRead>): Promise<LogRead> => {
    const read = await reading;
    for (const entry of read.entries) seen.set(entry.id, entry);
    return read;
  };
  return {
    ...deployment,
    seen,
    log: {
      ...log,
      newest: (options) => keep(log.newest(options)),
      downTo: (id, options) => keep(log.downTo(id, options)),
      known: (options) => keep(log.known(options)),
    },
  };
}

type LookFlags = ConsentFlags & { 'dry-run': boolean };

/**
 * Looks at the deployment before anything is sent, and says what may be otherwise than expected.
 * @returns null where nothing has to be known
 * @throws as `lookAround` does
 */
export async function inspect(
  context: CommandContext,
  deployment: OpenDeployment,
  request: LookRequest,
  flags: LookFlags,
): Promise<Findings | null> {
  const isDry = flags['dry-run'];
  const always = isDry || isAsked(context, request.nodes, flags);
  const found = await lookAround(deployment, request, { signal: context.signal, always });
  if (!found) return null;
  if (!request.nodes) warnOfCount(context, found, request.expectNodes);
  const busy = busyText(context.host, found);
  // A question says it, and a run that waits.
  const isSaid = !isDry && (request.ifBusy !== 'ignore' || isAsked(context, request.nodes, flags));
  if (busy !== '' && !isSaid) context.warn(busy);
  return found;
}

function warnOfCount(
  context: CommandContext,
  { listed, core }: Findings,
  expected: CheckedTrigger['expectNodes'],
): void {
  const { length } = listed.here;
  if (expected === undefined && core !== undefined && core !== length) {
    context.warn(
      `Core counts ${count(core, 'node')}, and the log lists ${length}: --expect-nodes deployment holds to it`,
    );
  }
  if (typeof expected === 'number' && core === undefined && expected > length) {
    context.say(
      `the log lists ${count(length, 'node')}; whether there are ${expected} is checked at the end`,
    );
  }
}

/** How many nodes are meant; null where that is not known, or a record says it. */
export function countOf(
  { nodes, expectNodes }: Pick<CheckedTrigger, 'nodes' | 'expectNodes'>,
  found: Findings | null,
): number | null {
  if (nodes) return nodes.length;
  if (!found) return null;
  if (typeof expectNodes === 'number') return expectNodes;
  return (found.core ?? found.listed.here.length) || null;
}
