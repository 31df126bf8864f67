import * as v from 'valibot';
import { STATUSES, type Activity } from '../base/activity.js';
import { isId, type Id } from '../base/ids.js';
import { stringifyJson } from '../base/json.js';

/**
 * The shapes of the contract, checked at the border. All objects are loose: fields may be added. The JSON comes from
 * core/parse-json.ts, so an integer is a bigint here.
 */

const id = v.custom<Id>(isId, 'an id was expected, an integer of 64 bits');
const text = v.custom<string>((value) => typeof value === 'string', 'a text was expected');
const count = v.pipe(
  v.bigint('a count was expected'),
  v.minValue(0n, 'a count was expected'),
  v.maxValue(BigInt(Number.MAX_SAFE_INTEGER), 'the count is too large'),
  v.transform(Number),
);

/** What is acted on. Unknown values of `status`, `runtime` and `action` pass (contract, "Supervisor: list"). */
const ACTED_ON = {
  id,
  node_id: id,
  runtime: text,
  action: text,
  status: text,
  tenant_id: v.nullish(id),
  deployment_id: v.nullish(id),
};

/** What is only shown. A time may be one that nobody can read, such as a leap second. */
const SHOWN = {
  created_at: text,
  finished_at: v.nullish(text),
  division_id: v.nullish(id),
  environment_id: v.nullish(id),
  author_id: v.nullish(id),
};

const pageWith = <T>(item: v.GenericSchema<unknown, T>) =>
  v.looseObject({ items: v.array(item), page: count, total_results: count, total_pages: count });

/** A page whose entries are left to `readActivity`, which takes a fifth of the time. */
export const pageOfAnything = pageWith(v.unknown());
/** A page, to say what is wrong with it. */
export const activityPage = pageWith(v.looseObject(ACTED_ON));

type Scalar = typeof id | typeof text;
const checksOf = (fields: Readonly<Record<string, Scalar | v.NullishSchema<Scalar, undefined>>>) =>
  Object.entries(fields).map(([name, schema]) =>
    schema.type === 'nullish'
      ? { name, needed: false, check: schema.wrapped.check }
      : { name, needed: true, check: schema.check },
  );
const CHECKS = { actedOn: checksOf(ACTED_ON), shown: checksOf(SHOWN) };

function passes(entry: Readonly<Record<string, unknown>>, checks: ReturnType<typeof checksOf>): boolean {
  return checks.every(({ name, needed, check }) => {
    const value = entry[name] ?? null;
    return value === null ? !needed : check(value);
  });
}

/**
 * An entry as the API gave it; null when it is none, as `activityPage` then says. Nothing that is only shown makes it none: a
 * time that is no text is read as one, what is no id where one is shown as null. A status that is known in another case
 * counts as the known one (docs/reliability.md).
 */
export function readActivity(entry: unknown): Activity | null {
  if (typeof entry !== 'object' || entry === null) return null;
  const fields = entry as Activity;
  if (!passes(fields, CHECKS.actedOn)) return null;
  const known = fields.status.toLowerCase();
  const status = Object.hasOwn(STATUSES, known) ? known : fields.status;
  if (status === fields.status && passes(fields, CHECKS.shown)) return fields;
  const { created_at, finished_at, division_id, environment_id, author_id } = fields;
  return {
    ...fields,
    status,
    created_at: asText(created_at) ?? '',
    ...('finished_at' in fields && { finished_at: asText(finished_at) }),
    ...('division_id' in fields && { division_id: asId(division_id) }),
    ...('environment_id' in fields && { environment_id: asId(environment_id) }),
    ...('author_id' in fields && { author_id: asId(author_id) }),
  };
}

function asText(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  return typeof value === 'string' ? value : stringifyJson(value);
}

function asId(value: unknown): Id | null {
  return isId(value) ? value : null;
}

// Core's answers are for people to read and to choose from, so an empty list or map may be null or absent there, and what is
// only shown may be anything.
const shownText = v.fallback(text, '');
const shownOrNull = v.fallback(v.nullish(text, null), null);
const maybe = <T>(schema: v.GenericSchema<unknown, T>) => v.fallback(v.optional(schema), undefined);
const names = v.nullish(v.array(text), []);
const environmentGrants = v.looseObject({ name: shownText, permissions: names });
const divisionGrants = v.looseObject({
  name: shownText,
  permissions: names,
  environment: names,
  environments: v.nullish(v.record(text, environmentGrants), {}),
});

const keyFields = v.looseObject({
  id,
  name: shownText,
  user_id: maybe(id),
  role_id: maybe(id),
  role_name: shownText,
  division_id: maybe(id),
  division_name: maybe(text),
  validate_ip: maybe(v.boolean()),
  allowed_ips: maybe(v.array(text)),
  expiry_at: maybe(text),
  created_at: maybe(text),
  permissions: v.looseObject({
    tenant: names,
    division: names,
    environment: names,
    divisions: v.nullish(v.record(text, divisionGrants), {}),
  }),
});

/** Its fields are at the top or under `api_key`; null is the same as absent (contract, "Core: whose key is this"). */
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
  name: shownText,
  cloud: shownText,
  region: shownOrNull,
  tier: shownOrNull,
  variant: shownText,
  supervisor_url: v.nullish(text, null),
});
const environment = v.looseObject({ id, name: shownText, deployments: v.nullish(v.array(deployment), []) });
const division = v.looseObject({ id, name: shownText, environments: v.nullish(v.array(environment), []) });

/** (contract, "Core: which deployments are there") */
export const tenantStructure = v.looseObject({
  id,
  name: shownText,
  divisions: v.nullable(v.array(division), []),
});

/** (contract, "Core: how many nodes") */
export const deploymentDetails = v.looseObject({
  id,
  name: shownText,
  nodes_count: count,
  supervisor_url: v.nullish(text, null),
});
