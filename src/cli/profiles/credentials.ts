import { ApiError, UsageError } from '../../base/errors.js';
import { parseId, type Id } from '../../base/ids.js';
import type { ApiKey } from '../../base/secret.js';
import { plainText } from '../../base/text.js';
import type { KeyContext } from '../../api/core-api.js';
import { expiryOf } from '../../config/expiry.js';
import { runKeyCommand } from '../../config/key-command.js';
import type { Settings } from '../../config/settings.js';
import type { CommandContext } from '../context.js';
import type { KeyOptions } from './flags.js';
import { askKey, readKey } from './key-input.js';

/** A tenant, a key for it, and what the API says about the key: null when it was not asked. */
export interface Credentials {
  tenantId: Id;
  key: ApiKey;
  apiUrl: URL;
  keyContext: KeyContext | null;
}

/** A value, and how another one is asked for when the API does not accept it; null when it cannot be. */
export interface Input<T> {
  value: T;
  again: (() => Promise<T>) | null;
}

/**
 * Asks the API whose key it is. One that was typed, and is not accepted, is asked for again; so is a tenant.
 * @throws ApiError and the other errors of the Core API; Interrupted
 */
export async function checkCredentials(
  asked: { tenant: Input<Id>; key: Input<ApiKey>; apiUrl: URL },
  context: CommandContext,
): Promise<Credentials> {
  const { apiUrl } = asked;
  let { tenant, key } = asked;
  for (;;) {
    const [tenantId, apiKey] = [tenant.value, key.value];
    try {
      const keyContext = await context.during('Checking the key', () =>
        context.core({ apiUrl, key: apiKey }).keyContext(tenantId, { signal: context.signal }),
      );
      context.say(keyText(keyContext, context.host.clock.now()));
      return { tenantId, key: apiKey, apiUrl, keyContext };
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 401) {
        error.hint = 'Nothing was stored. Check that the key is whole, and has not expired or been revoked.';
        key = await nextInput(key, error, context);
      } else if (error.status === 404) {
        error.hint = "Nothing was stored. The tenant is unknown, or not this key's: check the tenant id.";
        tenant = await nextInput(tenant, error, context);
      } else throw error;
    }
  }
}

async function nextInput<T>({ again }: Input<T>, error: ApiError, context: CommandContext): Promise<Input<T>> {
  if (!again) throw error;
  context.warn(error.message);
  return { value: await again(), again };
}

/** The tenant of a new profile: from a flag, the user, or the environment. @throws UsageError when it is from none */
export async function tenantInput({ tenantId }: Settings, context: CommandContext): Promise<Input<Id>> {
  const { prompts } = context;
  if (tenantId?.source.from === 'flag' || (tenantId && !prompts)) return { value: tenantId.value, again: null };
  if (!prompts) {
    throw new UsageError('no tenant id', { code: 'no_tenant', hint: 'Give --tenant-id ID, or set LD_TENANT_ID.' });
  }
  const again = async (): Promise<Id> => {
    const text = await prompts.text('Tenant id:', { default: tenantId?.value.toString(), validate: isIdText });
    return parseId(text.trim(), 'the tenant id');
  };
  return { value: await again(), again };
}

function isIdText(text: string): true | string {
  try {
    parseId(text.trim());
    return true;
  } catch (error) {
    return error instanceof UsageError ? (error.hint ?? error.message) : String(error);
  }
}

/**
 * A new key: printed by a command, piped in, typed, or (only where nobody can be asked) from the environment.
 * @param given what flags and environment say
 * @throws UsageError when there is none
 */
export async function keyInput(options: KeyOptions, given: Settings, context: CommandContext): Promise<Input<ApiKey>> {
  const { host, prompts, signal, keyTools } = context;
  if (options.command) {
    const key = await runKeyCommand(options.command, 'the key command', keyTools, signal);
    return { value: context.guard(key), again: null };
  }
  if (prompts) {
    const found = given.key ? context.guard(await given.key.fetch(signal)) : null;
    const again = async (): Promise<ApiKey> => context.guard(await askKey(prompts, found));
    return { value: await again(), again };
  }
  if (options.fromStdin) return { value: context.guard(await readKey(host, signal)), again: null };
  if (given.key) return { value: context.guard(await given.key.fetch(signal)), again: null };
  throw new UsageError('no API key', {
    code: 'no_key',
    hint: 'Pipe it in with --api-key-stdin, let --key-command print it, or set LD_API_KEY. There is no flag that holds it.',
  });
}

/** `key sandbox admin (role admin), expires in 200 days` */
function keyText({ name, role_name: role, expiry_at: expiresAt }: KeyContext, now: number): string {
  const expiry = expiresAt ? expiryOf(expiresAt, now) : null;
  const end = expiry ? `${expiry.expired ? 'expired' : 'expires'} ${expiry.text}` : 'does not say when it expires';
  return plainText(`key ${name} (role ${role}), ${end}`);
}
