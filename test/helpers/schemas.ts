import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { Ajv2020 as Ajv, type AnySchemaObject } from 'ajv/dist/2020.js';

const FOLDER = new URL('../../schemas/', import.meta.url);
const SUFFIX = '.schema.json';

/**
 * How the ids of an output are written: in quotes, or bare (`--number-ids`). A schema allows both,
 * an output must not.
 */
export type IdType = 'integer' | 'string';

/** The schemas that the package ships, by their names without the suffix. */
const SCHEMA_NAMES: readonly string[] = readdirSync(FOLDER)
  .filter((file) => file.endsWith(SUFFIX))
  .map((file) => file.slice(0, -SUFFIX.length));

/** Those that others add fields to; and an entry of the log, which has all that the API gives. */
const OPEN = ['run', 'dryRun', 'activity'];
const ADDS_TO_OPEN = /#\/\$defs\/(?:run|dryRun)$/;

/**
 * Checks a JSON text that a command printed against a schema. Numbers are rounded for this; that
 * ids are exact is for other tests to see.
 * @throws AssertionError that says what does not match, and where
 */
export function assertMatches(schema: string, text: string, ids: IdType = 'string'): void {
  const validate = VALIDATORS[ids].getSchema(schema + SUFFIX);
  assert.ok(validate, `there is no schema ${schema}`);
  const matches = validate(JSON.parse(text));
  assert.ok(
    matches,
    `not as ${schema + SUFFIX} has it: ${VALIDATORS[ids].errorsText(validate.errors)}\n${text}`,
  );
}

const VALIDATORS: Readonly<Record<IdType, Ajv>> = {
  integer: validator('integer'),
  string: validator('string'),
};

function validator(ids: IdType): Ajv {
  const ajv = new Ajv({ strictTypes: true, allowUnionTypes: true, allErrors: true });
  for (const name of SCHEMA_NAMES) {
    const schema = JSON.parse(
      readFileSync(new URL(name + SUFFIX, FOLDER), 'utf8'),
    ) as AnySchemaObject;
    ajv.addSchema(closed(name === 'common' ? withIdType(schema, ids) : schema, name));
  }
  return ajv;
}

/** The schema, but with no field that it does not name: programs may get more, and ldctl prints none. */
function closed(schema: AnySchemaObject, name = ''): AnySchemaObject {
  const parts = Object.entries(schema).map(([key, part]: [string, unknown]) => [
    key,
    closedPart(part, key),
  ]);
  const isClosed =
    !OPEN.includes(name) &&
    ('properties' in schema || ADDS_TO_OPEN.test(String(schema.$ref))) &&
    schema.additionalProperties === undefined;
  return {
    ...(Object.fromEntries(parts) as AnySchemaObject),
    ...(isClosed && { unevaluatedProperties: false }),
  };
}

function closedPart(part: unknown, key: string): unknown {
  if (Array.isArray(part)) return part.map((one: unknown) => closedPart(one, ''));
  if (typeof part !== 'object' || part === null) return part;
  if (key !== 'properties' && key !== '$defs') return closed(part);
  const byName = Object.entries(part).map(([name, one]) => [
    name,
    closed(one as AnySchemaObject, key === '$defs' ? name : ''),
  ]);
  return Object.fromEntries(byName);
}

/** What is left of the definition of an id when it can be of one type only. */
function withIdType(common: AnySchemaObject, type: IdType): AnySchemaObject {
  const { $defs } = common as { $defs: { id: Record<'minimum' | 'maximum' | 'pattern', unknown> } };
  const { minimum, maximum, pattern } = $defs.id;
  const id = type === 'integer' ? { type, minimum, maximum } : { type, pattern };
  return { ...common, $defs: { ...$defs, id } };
}
