import { readFileSync, statSync } from 'node:fs';
import { type Env } from '../base/text.js';
import { fileErrorCode } from '../config/files.js';
import { setVariables, valueOf, type Variable, type Variables } from './environment.js';
import { type Profile } from './profile.js';

/** A key is far shorter, in bytes. */
const LONGEST_KEY_FILE = 64 * 1024;

/** The flag that a variable gives way to. */
const FLAG_OF: Partial<Record<Variable, string>> = {
  LD_TENANT_ID: 'tenant-id',
  LD_API_URL: 'api-url',
  LD_SUPERVISOR_URL: 'supervisor-url',
  LD_DEPLOYMENT_ID: 'deployment',
};

/** Set by `sandbox exec`, whose very purpose is to hide all settings behind its own. */
const IN_SANDBOX = 'LDCTL_IN_SANDBOX';

/**
 * One line that names the variables that hide something else that a profile says (design, "Settings"); null when there are none, and inside `sandbox exec`. Values are not shown: one may be a key.
 * @param flags the settings among the flags: what they say is hidden by no variable
 */
export function hiddenText(profile: Profile, env: Env, flags: Readonly<Record<string, unknown>> = {}): string | null {
  const variables = setVariables(env);
  const names = (Object.keys(variables) as Variable[]).filter(
    (name) => flags[FLAG_OF[name] ?? ''] === undefined && hides(name, variables, profile),
  );
  if (names.length === 0 || valueOf(env, IN_SANDBOX) !== undefined) return null;
  const [verb, them] = names.length === 1 ? ['hides', 'it'] : ['hide', 'them'];
  return `${names.join(', ')} from the environment ${verb} what profile ${profile.name} says; unset ${them}, or give --profile ${profile.name}`;
}

function hides(name: Variable, variables: Variables, profile: Profile): boolean {
  const text = variables[name] ?? '';
  switch (name) {
    case 'LD_API_KEY':
      return isOtherKey(text, profile);
    case 'LD_API_KEY_FILE':
      return variables.LD_API_KEY === undefined && isOtherKey(textOf(text), profile);
    case 'LD_TENANT_ID':
      return withoutZeros(text) !== String(profile.tenant_id);
    case 'LD_API_URL':
      return isOtherUrl(text, profile.api_url);
    case 'LD_SUPERVISOR_URL':
      return isOtherUrl(text, profile.supervisor_url);
    case 'LD_DEPLOYMENT_ID': {
      const { deployment_id: id, deployment_name: itsName } = profile;
      if (id === undefined && itsName === undefined) return false;
      return /^\d+$/.test(text) ? withoutZeros(text) !== id?.toString() : text !== itsName;
    }
  }
}

/** Keys are compared only where the profile's is in the config file; to ask a keyring or a command may ask the user. */
function isOtherKey(text: string | null, { key }: Profile): boolean {
  return key.store === 'file' && key.api_key.reveal() !== text?.trim();
}

/** Null for what cannot be read twice, such as a pipe, or at all: that is for whoever needs the key to say. */
function textOf(path: string): string | null {
  try {
    const stats = statSync(path);
    return stats.isFile() && stats.size <= LONGEST_KEY_FILE ? readFileSync(path, 'utf8') : null;
  } catch (error) {
    if (fileErrorCode(error) === undefined) throw error;
    return null;
  }
}

function isOtherUrl(text: string, stored: string | undefined): boolean {
  if (stored === undefined) return false;
  return !URL.canParse(text) || !URL.canParse(stored) || new URL(text).href !== new URL(stored).href;
}

function withoutZeros(digits: string): string {
  return digits.replace(/^0+(?=\d)/, '');
}
