/*
 * An account as its settings name it, opened: its key, its Core and its structure, each fetched
 * once for all of its deployments.
 */

import type { CoreApi, TenantStructure } from '../api/core-api.js';
import { usageError } from '../base/errors.js';
import type { ApiKey } from '../base/secret.js';
import type { AccountSettings } from '../config/settings.js';

/** The part of the Core API that ldctl uses. */
export type Core = Pick<CoreApi, 'keyContext' | 'structure' | 'deployment'>;

/** Where a client sends its requests, and with which key. */
export interface Endpoint {
  url: URL;
  apiKey: ApiKey;
}

interface AccountTools {
  signal: AbortSignal;
  core: (endpoint: Endpoint) => Core;
}

export class Account {
  #key: Promise<ApiKey> | undefined;
  #core: Core | undefined;
  #structure: TenantStructure | undefined;

  constructor(
    readonly settings: AccountSettings,
    private readonly tools: AccountTools,
  ) {}

  /** @throws UsageError without a key, before anything is fetched */
  assertKey() {
    const { key, isFirst, emptyFolder } = this.settings;
    if (key) return key;
    const none = isFirst ? 'there is no profile yet' : 'there is no current profile';
    const why = emptyFolder ? `there are no profiles in ${emptyFolder} (LDCTL_CONFIG_DIR)` : none;
    throw usageError(
      'no_key',
      `no API key: ${why}, and LD_API_KEY is empty or not set`,
      isFirst
        ? 'Add a profile with `ldctl profiles add NAME`, set LD_API_KEY, or try it without an account: ldctl sandbox exec -- bash'
        : 'Choose a profile with `ldctl profiles use NAME`, add one with `ldctl profiles add NAME`, or set LD_API_KEY.',
    );
  }

  /** @throws as `assertKey`; where the key cannot be had */
  async key(): Promise<ApiKey> {
    return (this.#key ??= this.assertKey().fetch(this.tools.signal));
  }

  /** @throws as `key` */
  async core(): Promise<Core> {
    const apiKey = await this.key();
    return (this.#core ??= this.tools.core({ url: this.settings.apiUrl.value, apiKey }));
  }

  /** @throws as `key`; UsageError without a tenant id; as `CoreApi.structure` does */
  async structure(signal = this.tools.signal): Promise<TenantStructure> {
    this.assertKey();
    const { tenantId } = this.settings;
    if (!tenantId) {
      throw usageError('no_tenant', 'no tenant id, which is needed to look up a deployment');
    }
    const core = await this.core();
    return (this.#structure ??= await core.structure(tenantId.value, { signal }));
  }
}
