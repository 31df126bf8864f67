import { ActivityLog } from '../../activities/activity-log.js';
import { findPlace, type Place } from '../../activities/find-activity.js';
import { LdctlError } from '../../base/errors.js';
import { EXIT_CODES, type ExitCode } from '../../base/exit-codes.js';
import type { Id } from '../../base/ids.js';
import { activityFields } from '../../output/activity-fields.js';
import { printObject } from '../../output/object.js';
import type { CommandContext } from '../context.js';
import { printOptions } from '../flags.js';
import type { LogSource } from './show-list.js';

/** Prints one entry of the log. @throws LdctlError (exit 5) when there is none of this id; as `Supervisor.list` does */
export async function showActivity(
  { host, flags, signal }: CommandContext,
  { supervisor, deploymentId }: Pick<LogSource, 'supervisor' | 'deploymentId'>,
  id: Id,
): Promise<ExitCode> {
  const log = new ActivityLog(supervisor, deploymentId);
  const place = await findPlace(log, id, { signal });
  if (!place.activity) {
    throw new LdctlError('refused', 'activity_not_found', `deployment ${deploymentId} has no activity ${id}`, {
      hint: whereItWouldBe(id, place),
    });
  }
  const options = printOptions(flags);
  const fields = activityFields(place.activity, log.serverTime ?? host.clock.now(), options);
  await printObject(host.output, place.activity, fields, options);
  return EXIT_CODES.done.code;
}

function whereItWouldBe(id: Id, { older, newer }: Place): string {
  const alike = [older, newer].filter((other) => other !== null && Number(other) === Number(id));
  if (alike.length > 0) {
    return `There is ${alike.join(' and ')}: the id may have been rounded on its way, as by jq before 1.7 or by JavaScript, of bare numbers (--number-ids).`;
  }
  if (older === null && newer === null) return 'Its log is empty. Is it the right deployment?';
  if (newer === null)
    return `The newest is ${older}; this one may not have appeared yet. Or is it of another deployment?`;
  if (older === null) return `The oldest that the log still has is ${newer}. Or is it of another deployment?`;
  return `The next ones are ${older} and ${newer}. Is it the id of a node, or of an activity of another deployment?`;
}
