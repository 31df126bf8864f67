import assert from 'node:assert/strict';
import { type StartSandboxOptions } from '../../src/sandbox/index.js';
import { story } from '../helpers/scene.js';
import { assertMatches, type IdType } from '../helpers/schemas.js';

const TRIGGER = 'activities trigger iggy restart';
const BOTH = `${TRIGGER} --node 7,18446744073709551615`;
const ROLL = 'activities roll iggy restart --node 7,18446744073709551615';
const NODES = [7n, 18446744073709551615n];

/** The schema of the document, and of every line where there is one. */
type Schemas = readonly [json: string, ndjson?: string];
const RUN: Schemas = ['run-result', 'run-event'];
const DRY: Schemas = ['dry-run', 'run-event'];
const ERROR: Schemas = ['error', 'error'];

interface Case {
  /** `--number-ids`: bare numbers. */
  ids?: IdType;
  sandbox?: StartSandboxOptions;
  /** Whether another operator restarts every node before. */
  busy?: boolean;
}

function assertLinesMatch(stdout: string, schema: string, ids?: IdType): void {
  assert.ok(stdout.endsWith('\n'));
  for (const line of stdout.trimEnd().split('\n')) assertMatches(schema, line, ids);
}

/** @param holds what must be in it, so that it is known to be the shape that was meant */
function prints(
  args: string,
  [json, ndjson]: Schemas,
  exits: number,
  holds: RegExp,
  { ids, sandbox, busy }: Case = {},
): void {
  const flags = ids === 'integer' ? ' --number-ids' : '';
  story(`${args}${flags}: ${exits}, ${json}`, { nodes: NODES, ...sandbox }, async (scene) => {
    for (const [format, schema] of [
      ['ndjson', ndjson],
      ['json', json],
    ] as const) {
      if (schema === undefined) continue;
      if (busy) scene.restartByOther();
      const { stdout } = await scene.ends(exits, `${args}${flags} -o ${format}`);
      assert.match(stdout, holds);
      if (format === 'ndjson') assertLinesMatch(stdout, schema, ids);
      else assertMatches(schema, stdout, ids);
    }
  });
}

describe('what is printed of a run is as the schemas have it:', () => {
  const integer = { ids: 'integer' } as const;
  prints(BOTH, RUN, 0, /"outcome": ?"completed"/);
  prints(BOTH, RUN, 0, /"node_id": ?18446744073709551615/, integer);
  prints(`${BOTH} --quiet`, RUN, 3, /"outcome": ?"rejected"/, { sandbox: { reject: [7n] } });
  prints(`${BOTH} --appear-timeout 1s`, RUN, 7, /"status": ?"missing"/, {
    sandbox: { missing: [7n] },
  });
  const byId = /"resume": ?"ldctl activities wait /;
  prints(`${BOTH} --timeout 1s`, RUN, 8, byId, { sandbox: { stuck: [7n] } });
  prints(`${BOTH} --no-wait`, RUN, 0, /"outcome": ?"accepted"/);
  prints(`${BOTH} --timeout 1m`, [RUN[0], RUN[1]], 0, /"recovered": ?true/, {
    sandbox: { dropPosts: 2 },
  });
  prints(`${BOTH} --dry-run`, DRY, 0, /"outcome": ?"dry_run"/);
  prints(`${TRIGGER} --dry-run`, DRY, 0, /"body": ?"\{\}"/);
  prints(ROLL, RUN, 0, /"status": ?"completed"/);
  prints(`${ROLL} --dry-run`, DRY, 0, /"requests": ?\[/);
  prints(TRIGGER, ERROR, 2, /consent_missing/);
  const after =
    'activities wait --after 1 --runtime iggy --action restart --node 7,18446744073709551615';
  prints(after, RUN, 0, /"outcome": ?"completed"/, { sandbox: { history: 0 }, busy: true });
});
