import { type Id } from '../base/ids.js';
import { type Signal } from '../base/clock.js';
import { type DeploymentDetails, type KeyContext, type TenantStructure } from '../base/wire.js';
import { readDeployment, readKeyContext, readStructure } from './answers.js';
import { Client } from './client.js';
import { type ClientOptions } from './client-options.js';

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

/** The Core API over HTTP (contract, "Two services"): whose key this is, which deployments there are, and of what size. Reads only. */
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
    return this.#client.get(`/tenants/${tenantId}/api_keys/context`, options, readKeyContext);
  }

  /**
   * The tenant's divisions, environments and deployments, as far as the key may see them.
   * @throws ApiError, RedirectError, TransportError, InvalidAnswerError, or the signal's reason
   */
  async structure(tenantId: Id, options: ReadOptions = {}): Promise<TenantStructure> {
    return this.#client.get(`/tenants/${tenantId}/structure`, options, readStructure);
  }

  /**
   * One deployment, with how many nodes it has (contract, "Core: how many nodes").
   * @throws ApiError, RedirectError, TransportError, InvalidAnswerError, or the signal's reason
   */
  async deployment(at: DeploymentPath, options: ReadOptions = {}): Promise<DeploymentDetails> {
    const { tenantId, divisionId, environmentId, deploymentId } = at;
    const environment = `/tenants/${tenantId}/divisions/${divisionId}/environments/${environmentId}`;
    const path = `${environment}/deployments/${deploymentId}`;
    return this.#client.get(path, options, (response) => readDeployment(response, deploymentId));
  }
}
