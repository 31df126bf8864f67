import type { Activity } from '../../base/activity.js';
import type { Id } from '../../base/ids.js';
import { count } from '../../base/text.js';
import type { CommandContext } from '../../cli/context.js';
import { busyText, isAsked, type ConsentFlags } from '../../cli/consent.js';
import type { Target } from '../../config/target.js';
import { lookAround, nodeCounter, originOf, type Connection } from '../../library/jobs.js';
import type { CheckedTrigger } from '../../library/requests.js';
import type { Findings } from '../../library/survey.js';
import type { ActivityLog, LogRead } from '../../log/log.js';

/** The connection of a command, and what it has read of the log so far. */
export type CommandConnection = Connection & { seen: ReadonlyMap<Id, Activity> };

/**
 * One deployment for all that a command does: one log, one client, nothing read twice. Says which
 * variables override the profile, before any question.
 */
export function connectionOf(context: CommandContext, target: Target): CommandConnection {
  const { folder, host, settings } = context;
  if (settings.overrides !== null) context.say(settings.overrides);
  const core = context.core({ apiUrl: settings.apiUrl.value, key: target.key });
  // Its path is shown, and beside it stands what Core is asked by.
  const placed = context
    .placed(target)
    .then((found) => found && placeIn(settings.tenantId?.value, found))
    .catch(() => null);
  const origin = originOf(target, settings, {
    supervisor: context.supervisor(target),
    counter: nodeCounter(target, settings, core, placed),
    folder,
    clock: host.clock,
    newKey: () => host.newIdempotencyKey(),
  });
  return { ...origin, ...remembering(context.log(target)) };
}

/** A log that keeps what is read of it. */
function remembering(log: ActivityLog): { log: ActivityLog; seen: Map<Id, Activity> } {
  const seen = new Map<Id, Activity>();
  const keep = async (reading: Promise<LogRead>): Promise<LogRead> => {
    const read = await reading;
    for (const entry of read.entries) seen.set(entry.id, entry);
    return read;
  };
  return {
    seen,
    log: {
      ...log,
      newest: (options) => keep(log.newest(options)),
      downTo: (id, options) => keep(log.downTo(id, options)),
      known: (options) => keep(log.known(options)),
    },
  };
}

function placeIn(
  tenantId: Id | undefined,
  { division, environment }: { division: { id: Id }; environment: { id: Id } },
) {
  return tenantId === undefined
    ? null
    : { tenantId, divisionId: division.id, environmentId: environment.id };
}

type Looked = Parameters<typeof lookAround>[1] & Pick<CheckedTrigger, 'idempotencyKey'>;
type LookFlags = ConsentFlags & { 'dry-run': boolean };

/**
 * Looks at the deployment before anything is sent, and says what may be otherwise than expected.
 * @returns null where nothing has to be known
 * @throws as `lookAround` does
 */
export async function inspect(
  context: CommandContext,
  connection: Connection,
  request: Looked,
  flags: LookFlags,
): Promise<Findings | null> {
  const isDry = flags['dry-run'];
  const always = isDry || isAsked(context, request.nodes, flags);
  const found = await lookAround(connection, request, { signal: context.signal, always });
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
  if (expected === undefined && core !== null && core !== length) {
    context.warn(
      `Core counts ${count(core, 'node')}, and the log lists ${length}: --expect-nodes deployment holds to it`,
    );
  }
  if (typeof expected === 'number' && core === null && expected > length) {
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
