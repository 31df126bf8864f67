import * as v from 'valibot';
import { type RunRecord } from '../core/journal.js';
import { OUTCOMES, type Outcome } from '../core/outcome.js';
import { stringifyJson } from '../core/stringify-json.js';
import { idText } from './id-text.js';

const instant = v.pipe(v.number(), v.safeInteger());
const outcome = v.custom<Outcome>(
  (word) => typeof word === 'string' && (word === 'interrupted' || Object.hasOwn(OUTCOMES, word)),
);

const recordOnDisk = v.object({
  wire_key: v.string(),
  baseline: v.object({ highest_id: idText, nodes: v.array(idText) }),
  first_post_at: instant,
  state: v.picklist(['posting', 'accepted', 'passed']),
  token: v.string(),
  accepted_at: v.optional(instant),
  // Told to people, and nothing follows from it: what another version wrote there breaks no record.
  ended: v.fallback(v.optional(v.object({ outcome, at: instant })), undefined),
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
  };
  return `${stringifyJson(onDisk, { indent: 2, stringIds: true })}\n`;
}

/** @returns null for text that is no record */
export function decodeRecord(text: string): RunRecord | null {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return null;
  }
  const result = v.safeParse(recordOnDisk, json);
  if (!result.success) return null;
  const { wire_key, baseline, first_post_at, state, token, accepted_at, ended } = result.output;
  return {
    wireKey: wire_key,
    baseline: { highestId: baseline.highest_id, nodes: baseline.nodes },
    firstPostAt: first_post_at,
    state,
    token,
    ...(accepted_at !== undefined && { acceptedAt: accepted_at }),
    ...(ended !== undefined && { ended }),
  };
}
