import * as v from 'valibot';
import { UsageError } from '../base/errors.js';
import { ApiKey } from '../base/secret.js';
import { isApiKeyText } from './api-key.js';
import { idText } from '../config/id-text.js';
import { isProfileName, type Config, type Profile } from './profile.js';

/**
 * The shape of `config.json`. Fields that a newer version added are kept; profiles are a list, so that every name
 * is possible, `constructor` too.
 */

const apiKey = v.pipe(
  v.string(),
  v.check(isApiKeyText),
  v.transform((text) => new ApiKey(text)),
);

const namesProgram = ([program]: string[]): boolean => program !== undefined && program !== '';

const profileKey = v.variant('store', [
  v.strictObject({ store: v.literal('file'), api_key: apiKey }),
  v.strictObject({ store: v.literal('command'), command: v.pipe(v.array(v.string()), v.check(namesProgram)) }),
  v.strictObject({ store: v.literal('keyring'), account: v.pipe(v.string(), v.nonEmpty()) }),
]);

const profile = v.looseObject({
  name: v.pipe(v.string(), v.check(isProfileName)),
  tenant_id: idText,
  api_url: v.optional(v.string()),
  supervisor_url: v.optional(v.string()),
  deployment_id: v.optional(idText),
  deployment_name: v.optional(v.string()),
  protected: v.optional(v.boolean()),
  expires_at: v.optional(v.string()),
  key: profileKey,
});

const config = v.looseObject({
  current: v.optional(v.string()),
  profiles: v.pipe(
    v.array(profile),
    v.check((profiles) => new Set(profiles.map(({ name }) => name)).size === profiles.length),
  ),
});

/**
 * Reads the text of `config.json`; no file (null) is an empty config.
 * @param path for the error
 * @throws UsageError that says where it is broken, and nothing of what is there: that may be a key
 */
export function decodeConfig(text: string | null, path: string): Config {
  if (text === null) return { profiles: [] };
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw broken(path, `is not JSON${lineOf(error, text)}`);
  }
  const result = v.safeParse(config, json);
  if (result.success) return result.output;
  const field = v.getDotPath(result.issues[0]);
  throw broken(path, field === null ? 'is not a list of profiles' : `cannot be used: look at ${field}`);
}

/** The config as plain JSON for the disk, keys in the clear. */
export function encodeConfig(config: Config): Record<string, unknown> {
  return { ...config, profiles: config.profiles.map(encodeProfile) };
}

function encodeProfile(profile: Profile): Record<string, unknown> {
  const { key } = profile;
  return {
    ...profile,
    tenant_id: profile.tenant_id.toString(),
    deployment_id: profile.deployment_id?.toString(),
    key: key.store === 'file' ? { ...key, api_key: key.api_key.reveal() } : key,
  };
}

/** The parser's own message is not shown: it quotes the text. */
function lineOf(error: unknown, text: string): string {
  const position = error instanceof SyntaxError ? /at position (\d+)/.exec(error.message)?.[1] : undefined;
  return position === undefined ? '' : ` (line ${text.slice(0, Number(position)).split('\n').length})`;
}

function broken(path: string, what: string): UsageError {
  return new UsageError(`${path} ${what}`, {
    code: 'config_broken',
    hint: 'It was left as it is. Mend it, or move it away and add the profiles again.',
  });
}
