import type { Signal } from '../base/clock.js';
import type { Id } from '../base/ids.js';
import type { DeploymentDetails, KeyContext, TenantStructure } from '../base/wire.js';
import { valueOf } from './answers.js';
import { Client } from './client.js';
import type { ClientOptions } from './options.js';
import { refuseFailure, type CallHints } from './problems.js';
import { deploymentDetails, keyContext, tenantStructure } from './schemas.js';

export interface ReadOptions {
  signal?: Signal;
}

/** Where a deployment stands: its ids from the tenant down, as the structure and every entry of the log have them. */
export interface DeploymentPath {
  tenantId: Id;
  divisionId: Id;
  environmentId: Id;
  deploymentId: Id;
}

const HINTS: CallHints = {
  forbidden: "The key may not read this. If it has an allow-list, it must name this machine's address.",
  notFound: "It is unknown, or not this key's: check the tenant id, and see `ldctl deployments list`.",
};

/** The Core API over HTTP: whose key this is, which deployments there are, and of what size. Reads only. */
export class CoreApi {
  readonly #client: Client;

  /** @throws UsageError for a URL, a key or a proxy setting that cannot be used */
  constructor(options: ClientOptions) {
    this.#client = new Client(options, 'the API URL');
  }

  /**
   * The key that this client uses: its role, grants and expiry.
   * @throws ApiError (401 for a wrong key), RedirectError, TransportError, InvalidAnswerError, or the signal's reason
   */
  async keyContext(tenantId: Id, options: ReadOptions = {}): Promise<KeyContext> {
    return this.#read(`/tenants/${tenantId}/api_keys/context`, keyContext, options);
  }

  /**
   * The tenant's divisions, environments and deployments, as far as the key may see them.
   * @throws ApiError, RedirectError, TransportError, InvalidAnswerError, or the signal's reason
   */
  async structure(tenantId: Id, options: ReadOptions = {}): Promise<TenantStructure> {
    return this.#read(`/tenants/${tenantId}/structure`, tenantStructure, options);
  }

  /**
   * One deployment, with how many nodes it has.
   * @throws ApiError, RedirectError, TransportError, InvalidAnswerError, or the signal's reason
   */
  async deployment(at: DeploymentPath, options: ReadOptions = {}): Promise<DeploymentDetails> {
    const environment = `/tenants/${at.tenantId}/divisions/${at.divisionId}/environments/${at.environmentId}`;
    return this.#read(`${environment}/deployments/${at.deploymentId}`, deploymentDetails, options);
  }

  #read<T>(path: string, schema: Parameters<typeof valueOf<T>>[1], options: ReadOptions): Promise<T> {
    return this.#client.get(path, options, (answer) => {
      refuseFailure(answer, HINTS);
      return valueOf(answer, schema);
    });
  }
}
