import * as v from 'valibot';
import { isId, type Id } from '../base/ids.js';
import type { DeploymentDetails, KeyContext, TenantStructure } from '../base/wire.js';

/**
 * The shapes of the contract, checked at the border. All objects are loose: fields may be added. The JSON comes from
 * base/json.ts, so an integer is a bigint here.
 */
export type Shape<T> = v.GenericSchema<unknown, T>;

const id = v.custom<Id>(isId, 'an id was expected, an integer of 64 bits');
const text = v.string('a text was expected');
export const count = v.pipe(
  v.bigint('a count was expected'),
  v.minValue(0n, 'a count was expected'),
  v.maxValue(BigInt(Number.MAX_SAFE_INTEGER), 'the count is too large'),
  v.transform(Number),
);

// Core's answers are for people to read and to choose from, so what is only shown may be absent, or null.
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

/** Its fields are at the top or under `api_key`. */
export const keyContext: Shape<KeyContext> = v.pipe(
  v.looseObject({ api_key: v.nullish(v.looseObject({}), {}) }),
  v.transform(({ api_key, ...rest }) => ({ ...rest, ...api_key })),
  v.looseObject({
    id,
    name: shown,
    role_name: shown,
    division_id: v.nullish(id),
    division_name: v.nullish(text),
    expiry_at: v.nullish(text),
    permissions: v.looseObject({
      tenant: names,
      division: names,
      environment: names,
      divisions: v.nullish(v.record(text, divisionGrants), {}),
    }),
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
const environment = v.looseObject({ id, name: shown, deployments: v.nullish(v.array(deployment), []) });
const division = v.looseObject({ id, name: shown, environments: v.nullish(v.array(environment), []) });

export const tenantStructure: Shape<TenantStructure> = v.looseObject({
  id,
  name: shown,
  divisions: v.nullish(v.array(division), []),
});

export const deploymentDetails: Shape<DeploymentDetails> = v.looseObject({
  id,
  name: shown,
  nodes_count: count,
  supervisor_url: orNull,
});
