/*
 * An account as its settings name it, opened: its key, its Core and its structure, each fetched
 * once for all of its deployments.
 */

import type { CoreApi } from '../api/core-api.js';
import { refusedError, usageError } from '../base/errors.js';
import { once } from '../base/once.js';
import type { ApiKey } from '../base/secret.js';
import type { AccountSettings, Setting } from '../config/settings.js';

/** The part of the Core API that ldctl uses. */
export type Core = Pick<CoreApi, 'keyContext' | 'structure' | 'deployment'>;

/** Where a client sends its requests, and with which key. */
export interface Endpoint {
  url: URL;
  /** What gave the URL, as `LD_API_URL` or `profile prod`; undefined for ldctl's own. */
  urlFrom: string | undefined;
  apiKey: ApiKey;
}

export const endpointAt = ({ value, source }: Setting<URL>, apiKey: ApiKey): Endpoint => ({
  url: value,
  urlFrom: source.from === 'default' ? undefined : source.name,
  apiKey,
});

interface AccountTools {
  signal: AbortSignal;
  core: (endpoint: Endpoint) => Core;
}

export function openAccount(
  settings: AccountSettings,
  { signal: own, core: coreAt }: AccountTools,
) {
  let fetched: Promise<ApiKey> | undefined;

  /** @throws UsageError without a key, before anything is fetched */
  const assertKey = () => settings.key ?? withoutKey(settings);

  /** Fetched once, even if that fails. @throws as `assertKey`; where the key cannot be had */
  const key = async () => (fetched ??= assertKey().fetch(own));

  /** @throws as `key` */
  const core = once(async () => coreAt(endpointAt(settings.apiUrl, await key())));

  /** @throws UsageError without a tenant id */
  const tenantFor = (what: string, hint?: string) => {
    if (settings.tenantId) return settings.tenantId.value;
    throw usageError('no_tenant', `no tenant id, which is needed to ${what}`, hint);
  };

  /**
   * Several deployments may be looked up at once.
   * @throws as `key`; UsageError without a tenant id; as `CoreApi.structure` does
   */
  const structure = once(async (signal: AbortSignal = own) => {
    assertKey();
    const tenant = tenantFor('look up deployments');
    return (await core()).structure(tenant, { signal });
  });

  /**
   * Whose key it is.
   * @throws as `key`; UsageError without a tenant id; as `CoreApi.keyContext` does; LdctlError (exit
   * 5) where Core does not say
   */
  const user = once(async (signal: AbortSignal = own) => {
    const api = await core();
    const hint = 'Give --tenant-id ID, or set LD_TENANT_ID.';
    const tenant = tenantFor('ask whose key this is', hint);
    const { user_id: owner } = await api.keyContext(tenant, { signal });
    if (owner) return owner;
    const what = 'Core does not say which user this key belongs to';
    throw refusedError('no_user', what, 'Give the id of the user in its place.');
  });

  return { settings, assertKey, key, core, structure, user };
}
export type Account = ReturnType<typeof openAccount>;

function withoutKey({ isFirst, emptyFolder }: AccountSettings): never {
  const none = isFirst ? 'there is no profile yet' : 'there is no current profile';
  const why = emptyFolder ? `there are no profiles in ${emptyFolder} (LDCTL_CONFIG_DIR)` : none;
  throw usageError(
    'no_key',
    `no API key: ${why}, and LD_API_KEY is empty or not set`,
    isFirst
      ? 'Add a profile with `ldctl profiles add NAME`, set LD_API_KEY, or try it without an account: `ldctl sandbox exec -- bash`.'
      : 'Choose a profile with `ldctl profiles use NAME`, add one with `ldctl profiles add NAME`, or set LD_API_KEY.',
  );
}
