import { lookAround, type LookRequest } from '../../app/jobs.js';
import type { OpenDeployment } from '../../app/open.js';

import type { Findings } from '../../app/survey.js';
import { count } from '../../base/text.js';
import { busyText, isAsked, type ConsentFlags } from '../../cli/consent.js';
import type { CommandContext } from '../../cli/context.js';

/** Opens the deployment, and says which variables override the profile, before any question. */
export async function openForJob(context: CommandContext): Promise<OpenDeployment> {
  context.seen = new Map();
  const deployment = await context.deployment();
  const { overrides } = context.settings;
  if (overrides !== null) context.say(overrides);
  return deployment;
}

type LookFlags = ConsentFlags & { 'dry-run': boolean };

/**
 * Looks at the deployment before anything is sent, and says what may be otherwise than expected.
 * @returns null where nothing has to be known
 * @throws as `lookAround` does
 */
export async function inspect(
  context: CommandContext,
  request: LookRequest,
  flags: LookFlags,
  isKept?: () => boolean,
): Promise<Findings | null> {
  const isDry = flags['dry-run'];
  const asks = isAsked(context, request.nodes, flags);
  const looking = { signal: context.signal, always: isDry || asks, isKept };
  const found = await lookAround(await context.deployment(), request, looking);
  if (!found) return null;
  if (!request.nodes) warnOfCount(context, found, request.expectNodes);
  const busy = busyText(context.host, found);
  // A question says it, and a run that waits.
  context.hasWarned = busy !== '' && (isDry || (request.ifBusy === 'ignore' && !asks));
  if (context.hasWarned) context.warn(busy);
  return found;
}

function warnOfCount(
  context: CommandContext,
  { listed, core }: Findings,
  expected: LookRequest['expectNodes'],
) {
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
  { nodes, expectNodes }: LookRequest,
  found: Findings | null,
): number | null {
  if (nodes) return nodes.length;
  if (!found) return null;
  if (typeof expectNodes === 'number') return expectNodes;
  return (found.core ?? found.listed.here.length) || null;
}
