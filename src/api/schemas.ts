import * as v from 'valibot';
import { isId, type Id } from '../core/ids.js';

/**
 * The shapes of the contract, checked at the border. All objects are loose: fields may be added. The JSON comes from
 * core/parse-json.ts, so an integer is a bigint here.
 */

const RFC_3339 = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/;

const id = v.custom<Id>(isId, 'an id was expected, an integer of 64 bits');
const text = v.custom<string>((value) => typeof value === 'string', 'a text was expected');
const time = v.custom<string>(
  (value) => typeof value === 'string' && RFC_3339.test(value) && !Number.isNaN(Date.parse(value)),
  'a time was expected (RFC 3339)',
);
const count = v.pipe(
  v.bigint('a count was expected'),
  v.minValue(0n, 'a count was expected'),
  v.maxValue(BigInt(Number.MAX_SAFE_INTEGER), 'the count is too large'),
  v.transform(Number),
);

/** Contract, "Supervisor: list". Unknown values of `status`, `runtime` and `action` pass. */
const ACTIVITY = {
  id,
  node_id: id,
  runtime: text,
  action: text,
  status: text,
  created_at: time,
  finished_at: v.nullish(text),
  tenant_id: v.nullish(id),
  division_id: v.nullish(id),
  environment_id: v.nullish(id),
  deployment_id: v.nullish(id),
  author_id: v.nullish(id),
};

const pageWith = <T>(item: v.GenericSchema<unknown, T>) =>
  v.looseObject({ items: v.array(item), page: count, total_results: count, total_pages: count });

/** A page whose entries are left to `isActivity`, which takes a fifth of the time. */
export const pageOfAnything = pageWith(v.unknown());
/** A page, to say what is wrong with it. */
export const activityPage = pageWith(v.looseObject(ACTIVITY));

const FIELDS = Object.entries(ACTIVITY).map(([name, schema]) =>
  schema.type === 'nullish'
    ? { name, needed: false, check: schema.wrapped.check }
    : { name, needed: true, check: schema.check },
);

/** Whether an entry has the shape that `activityPage` asks for. */
export function isActivity(entry: unknown): boolean {
  if (typeof entry !== 'object' || entry === null) return false;
  return FIELDS.every(({ name, needed, check }) => {
    const value = (entry as Record<string, unknown>)[name] ?? null;
    return value === null ? !needed : check(value);
  });
}

// Core's answers are for people to read and to choose from, so an empty list or map may be null or absent there.
const names = v.nullish(v.array(text), []);
const environmentGrants = v.looseObject({ name: text, permissions: names });
const divisionGrants = v.looseObject({
  name: text,
  permissions: names,
  environment: names,
  environments: v.nullish(v.record(text, environmentGrants), {}),
});

const keyFields = v.looseObject({
  id,
  name: text,
  user_id: v.optional(id),
  role_id: v.optional(id),
  role_name: text,
  division_id: v.optional(id),
  division_name: v.optional(text),
  validate_ip: v.optional(v.boolean()),
  allowed_ips: v.optional(v.array(text)),
  expiry_at: v.optional(time),
  created_at: v.optional(time),
  permissions: v.looseObject({
    tenant: names,
    division: names,
    environment: names,
    divisions: v.nullish(v.record(text, divisionGrants), {}),
  }),
});

/** Contract, "Core: whose key is this": its fields are at the top or under `api_key`; null is the same as absent. */
export const keyContext = v.pipe(
  v.looseObject({ api_key: v.nullish(v.looseObject({}), {}) }),
  v.transform(({ api_key, ...rest }) => {
    const fields = Object.entries({ ...rest, ...api_key });
    return Object.fromEntries(fields.filter(([, value]) => value !== null));
  }),
  keyFields,
);

const deployment = v.looseObject({
  id,
  name: text,
  cloud: text,
  region: v.nullish(text, null),
  tier: v.nullish(text, null),
  variant: text,
  supervisor_url: v.nullish(text, null),
});
const environment = v.looseObject({ id, name: text, deployments: v.nullish(v.array(deployment), []) });
const division = v.looseObject({ id, name: text, environments: v.nullish(v.array(environment), []) });

/** Contract, "Core: which deployments are there". */
export const tenantStructure = v.looseObject({
  id,
  name: text,
  divisions: v.nullable(v.array(division), []),
});
