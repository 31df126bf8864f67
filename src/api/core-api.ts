import * as v from 'valibot';
import { isId, type Id } from '../base/ids.js';
import { MOST_NODES, type CallOptions } from '../base/supervisor.js';
import { readValue, safeCount, type Answer } from './answers.js';
import { Client, type ClientOptions } from './client.js';

// Loose, since fields may be added. A field that is only shown to people may be absent or null.
const id = v.custom<Id>(isId, 'an id was expected, a 64-bit integer');
const text = v.string('text was expected');
const shown = v.nullish(text, '');
const orNull = v.nullish(text, null);
const names = v.nullish(v.array(text), []);

const environmentGrants = v.looseObject({ name: shown, permissions: names });
const divisionGrants = v.looseObject({
  name: shown,
  permissions: names,
  environment: names,
  environments: v.nullish(v.record(text, environmentGrants), {}),
});
const permissions = v.looseObject({
  tenant: names,
  division: names,
  environment: names,
  divisions: v.nullish(v.record(text, divisionGrants), {}),
});

/** The API has its fields at the top or under `api_key`. */
const keyContext = v.pipe(
  v.looseObject({ api_key: v.nullish(v.looseObject({}), {}) }),
  v.transform(({ api_key, ...rest }) => ({ ...rest, ...api_key })),
  v.looseObject({
    id,
    name: shown,
    user_id: v.nullish(id),
    role_name: shown,
    division_id: v.nullish(id),
    division_name: v.nullish(text),
    validate_ip: v.nullish(v.boolean()),
    allowed_ips: v.nullish(v.array(text)),
    expiry_at: v.nullish(text),
    permissions,
  }),
);

const deployment = v.looseObject({
  id,
  name: shown,
  cloud: shown,
  region: orNull,
  tier: orNull,
  variant: shown,
  supervisor_url: orNull,
});
const environment = v.looseObject({
  id,
  name: shown,
  deployments: v.nullish(v.array(deployment), []),
});
const division = v.looseObject({
  id,
  name: shown,
  environments: v.nullish(v.array(environment), []),
});
const tenantStructure = v.looseObject({
  id,
  name: shown,
  divisions: v.nullish(v.array(division), []),
});
const deploymentDetails = v.looseObject({
  id,
  name: shown,
  nodes_count: v.pipe(safeCount, v.maxValue(MOST_NODES)),
  supervisor_url: orNull,
});

export type Permissions = v.InferOutput<typeof permissions>;
export type KeyContext = v.InferOutput<typeof keyContext>;
export type Deployment = v.InferOutput<typeof deployment>;
export type DeploymentDetails = v.InferOutput<typeof deploymentDetails>;
export type TenantEnvironment = v.InferOutput<typeof environment>;
export type Division = v.InferOutput<typeof division>;
export type TenantStructure = v.InferOutput<typeof tenantStructure>;

export interface DeploymentAddress {
  tenantId: Id;
  divisionId: Id;
  environmentId: Id;
  deploymentId: Id;
}

/** A cache or a proxy may answer for another: its nodes must not be counted as ours. */
const about = <T extends { id: Id }>(wanted: Id, schema: v.GenericSchema<unknown, T>) =>
  v.pipe(
    schema,
    v.check((answer) => answer.id === wanted, `${wanted} was asked for`),
  );

/**
 * Reads only. Every method throws ApiError, TransportError, or the signal's reason.
 */
export class CoreApi {
  readonly #client: Client;

  /** @throws UsageError for a URL, a key or a proxy setting that cannot be used */
  constructor(options: ClientOptions) {
    this.#client = new Client(options, 'the API URL');
  }

  /** The key that this client uses: its role, grants and expiry. */
  keyContext(tenantId: Id, options: CallOptions = {}): Promise<KeyContext> {
    return this.#read(`/tenants/${tenantId}/api_keys/context`, keyContext, options);
  }

  /** The tenant's divisions, environments and deployments, as far as the key may see them. */
  structure(tenantId: Id, options: CallOptions = {}): Promise<TenantStructure> {
    const path = `/tenants/${tenantId}/structure`;
    return this.#read(path, about(tenantId, tenantStructure), options, 'info:read');
  }

  /** One deployment, with how many nodes it has. */
  deployment(at: DeploymentAddress, options: CallOptions = {}): Promise<DeploymentDetails> {
    const environment = `/tenants/${at.tenantId}/divisions/${at.divisionId}/environments/${at.environmentId}`;
    const path = `${environment}/deployments/${at.deploymentId}`;
    return this.#read(path, about(at.deploymentId, deploymentDetails), options);
  }

  #read<T>(
    path: string,
    schema: v.GenericSchema<unknown, T>,
    options: CallOptions,
    permission?: string,
  ): Promise<T> {
    const read = (answer: Answer) => readValue(answer, schema, { permission });
    return this.#client.send({ method: 'GET', path, ...options, read });
  }
}
