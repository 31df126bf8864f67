/*
 * Which deployments a command line names: one, or several.
 */

import { refusedError, usageError } from '../base/errors.js';
import { count } from '../base/text.js';
import type { Config, Profile } from './profiles.js';
import type { SettingFlags } from './settings.js';

type Named = string | readonly string[] | undefined;

/** The flags that say where to act. Of a command that takes several deployments, two are lists. */
export interface TargetFlags extends Omit<SettingFlags, 'profile' | 'deployment'> {
  profile?: Named;
  deployment?: Named;
  'all-profiles'?: boolean;
}

export const NAME_ONE = 'Name one. Lists take several.';

/** The flags of a command that acts on one deployment. @throws UsageError where they name several */
export function flagsOfOne({ profile, deployment, ...flags }: TargetFlags): SettingFlags {
  const one = (flag: string, named: Named) => {
    const texts = [named ?? []].flat();
    const [text] = texts;
    // No profile has a comma in its name, but a deployment may.
    const isList = flag === '--profile' ? text?.includes(',') : areIds(text ?? '');
    if (!isList && texts.length < 2) return text;
    const names = texts.flatMap((each) => each.split(','));
    throw usageError(
      'several_deployments',
      `this command acts on one deployment, and ${flag} names ${names.length}: ${names.join(', ')}`,
      NAME_ONE,
    );
  };
  return {
    ...flags,
    profile: one('--profile', profile),
    deployment: one('--deployment', deployment),
  };
}

/**
 * The flags of each deployment that is named, in the order given: `-p a,b`, `-d a,b`, each also
 * repeated, or every profile that has a deployment.
 * @param pathsOf the paths of those that are called so: a name may have a comma
 * @throws UsageError; LdctlError (exit 5) where no profile has a deployment
 */
export async function flagsOfEach(
  { 'all-profiles': isEvery = false, profile, deployment, ...flags }: TargetFlags,
  { profiles }: Pick<Config, 'profiles'>,
  pathsOf: (flags: SettingFlags) => Promise<readonly string[]>,
): Promise<SettingFlags[]> {
  const listed = [profile ?? []].flat().flatMap((text) => text.split(','));
  const named = isEvery ? namesOf(profiles) : checked('--profile', listed);
  const texts = [deployment ?? []].flat();
  if (named.length > 1 && texts.length > 0) {
    throw usageError(
      'not_together',
      'give several profiles or several deployments, not both',
      'Each profile acts on its own deployment.',
    );
  }
  const each: SettingFlags[] = named.map((name) => ({ ...flags, profile: name }));
  if (each.length > 1 || texts.length === 0) return each.length > 0 ? each : [flags];
  const [own = flags] = each;
  const called = (name: string) => pathsOf({ ...own, deployment: name.trim() });
  const lists = await Promise.all(texts.map((text) => namesIn(text, called)));
  const deployments = checked('--deployment', lists.flat());
  return deployments.map((text) => ({ ...own, deployment: text }));
}

/** The name of one deployment, or a list of them. @throws UsageError for what is both */
async function namesIn(text: string, called: (name: string) => Promise<readonly string[]>) {
  const parts = text.split(',');
  if (parts.length < 2 || areIds(text)) return parts;
  const whole = await called(text);
  if (whole.length === 0) return parts;
  const each = await Promise.all(parts.map(called));
  if (each.some((paths) => paths.length === 0)) return text;
  const paths = [whole, ...each].flat().join(', ');
  throw usageError(
    'deployment_ambiguous',
    `--deployment ${text} is the name of one, and a list of others: ${paths}`,
    'Name each by its whole path, or by its id, with a --deployment of its own.',
  );
}

const areIds = (text: string) => /^\d+(,\d+)+$/.test(text);

/** @throws UsageError for one that is empty, or stands there twice */
function checked(flag: string, texts: readonly string[]) {
  const names = texts.map((text) => text.trim());
  if (names.length > 1 && names.includes('')) {
    throw usageError('empty_name', `${flag}: a name in the list is empty`, 'Is a variable unset?');
  }
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw standsTwice(`${flag}: ${twice}`);
  return names;
}

export const standsTwice = (what: string) =>
  usageError('deployment_twice', `${what} is listed twice`, 'Name each deployment once.');

export const hasDeployment = ({ deployment_id: id, deployment_name: name }: Profile) =>
  (id ?? name) !== undefined;

/** Of each deployment, the first profile that names it. */
function namesOf(profiles: readonly Profile[]) {
  const byDeployment = new Map<string, string>();
  for (const {
    name,
    tenant_id: tenant,
    deployment_id: id,
    deployment_name: called,
  } of profiles.filter(hasDeployment)) {
    const key = `${tenant} ${id ?? called}`;
    if (!byDeployment.has(key)) byDeployment.set(key, name);
  }
  if (byDeployment.size > 0) return [...byDeployment.values()];
  throw refusedError(
    'no_profile',
    profiles.length === 0
      ? 'there are no profiles'
      : `${count(profiles.length, 'profile')}, and none has a deployment`,
    'Add one with `ldctl profiles add NAME`.',
  );
}
