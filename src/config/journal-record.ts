import * as v from 'valibot';
import { type RollRecord, type RunRecord } from '../base/old-journal.js';
import { OUTCOMES, type Outcome } from '../base/outcome.js';
import { stringifyJson } from '../base/json.js';
import { idText } from './id-text.js';

const instant = v.pipe(v.number(), v.safeInteger());
const outcome = v.custom<Outcome>(
  (word) => typeof word === 'string' && (word === 'interrupted' || Object.hasOwn(OUTCOMES, word)),
);

const gate = v.object({ exit_code: v.nullable(v.number()), timed_out: v.boolean(), took_ms: v.number() });

const recordOnDisk = v.object({
  wire_key: v.string(),
  baseline: v.object({ highest_id: idText, nodes: v.array(idText) }),
  first_post_at: instant,
  state: v.picklist(['posting', 'accepted', 'passed']),
  token: v.string(),
  accepted_at: v.optional(v.nullable(instant)),
  // Nothing is sent because of these: what another version wrote there breaks no record.
  ended: v.fallback(v.optional(v.object({ outcome, at: instant })), undefined),
  gate: v.optional(gate),
});

const rollOnDisk = v.object({
  roll_key: v.string(),
  nodes: v.pipe(v.array(idText), v.minLength(1)),
  options: v.record(v.string(), v.string()),
  begun_at: instant,
  is_shared: v.boolean(),
});

/** A record of the run journal as the text of its file. */
export function encodeRecord({ baseline, ...record }: RunRecord): string {
  const onDisk = {
    wire_key: record.wireKey,
    baseline: { highest_id: baseline.highestId, nodes: baseline.nodes },
    first_post_at: record.firstPostAt,
    state: record.state,
    token: record.token,
    accepted_at: record.acceptedAt,
    ended: record.ended,
    gate: record.gate,
  };
  return `${stringifyJson(onDisk, { indent: 2, stringIds: true })}\n`;
}

/** @returns null for text that is no record */
export function decodeRecord(text: string): RunRecord | null {
  const record = parse(recordOnDisk, text);
  if (record === null) return null;
  const { wire_key, baseline, first_post_at, state, token, accepted_at, ended, gate: passed } = record;
  return {
    wireKey: wire_key,
    baseline: { highestId: baseline.highest_id, nodes: baseline.nodes },
    firstPostAt: first_post_at,
    state,
    token,
    ...(accepted_at !== undefined && { acceptedAt: accepted_at }),
    ...(ended !== undefined && { ended }),
    ...(passed !== undefined && { gate: passed }),
  };
}

/** The same of a roll. Thousands of nodes take a line. */
export function encodeRoll({ rollKey, nodes, options, begunAt, isShared }: RollRecord): string {
  const onDisk = { roll_key: rollKey, nodes, options, begun_at: begunAt, is_shared: isShared };
  return `${stringifyJson(onDisk, { stringIds: true })}\n`;
}

/** @returns null for text that is no record */
export function decodeRoll(text: string): RollRecord | null {
  const record = parse(rollOnDisk, text);
  if (record === null) return null;
  const { roll_key, nodes, options, begun_at, is_shared } = record;
  return { rollKey: roll_key, nodes, options, begunAt: begun_at, isShared: is_shared };
}

function parse<S extends v.GenericSchema>(schema: S, text: string): v.InferOutput<S> | null {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return null;
  }
  const result = v.safeParse(schema, json);
  return result.success ? result.output : null;
}
