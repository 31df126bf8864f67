import assert from 'node:assert/strict';
import { type StartSandboxOptions } from '../../src/sandbox/index.js';
import { endsWith, story, type Scene } from '../helpers/scene.js';
import { assertMatches, type IdType } from '../helpers/schemas.js';
import { answerOf, reply, startServer } from '../helpers/server.js';

const TRIGGER = 'activities trigger iggy restart';
const BOTH = `${TRIGGER} --node 7,18446744073709551615`;
const ROLL = 'activities roll iggy restart --node 7,18446744073709551615';
const NODES = [7n, 18446744073709551615n];

/** The schema of the document, and of every line where there is one. */
type Schemas = readonly [json: string, ndjson?: string];
const LIST: Schemas = ['activity-list', 'activity'];
const WATCH: Schemas = ['activity-list', 'activity-list-event'];
const STATS: Schemas = ['work-stats-list', 'work-stats'];
const NODE_LIST: Schemas = ['node-list', 'node'];
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

describe('what is printed of the log is as the schemas have it:', () => {
  const integer = { ids: 'integer' } as const;
  const processing = { sandbox: { workMs: 60_000 }, busy: true };
  prints('activities list --limit 0', LIST, 0, /reconfigure:/);
  prints('activities list', LIST, 0, /"node_id":18446744073709551615/, integer);
  prints('activities list --status processing', LIST, 0, /"finished_at":null/, processing);
  prints('activities list --node 9', ['activity-list'], 0, /"items":\[\]/);
  prints('activities list --deployment 12', ERROR, 5, /"code": ?"deployment_not_found"/);
  prints('activities list --watch', WATCH, 0, /"completed"/, { busy: true });
  const stuck = { sandbox: { stuck: [7n] }, busy: true };
  prints('activities list --watch --timeout 1s', WATCH, 8, /"code":"timed_out"/, stuck);
  prints('activities show 12', ERROR, 5, /"code": ?"activity_not_found"/);
  prints('activities stats', STATS, 0, /"rejected":2,.*"median_s":null/);
  prints('activities stats --by node', STATS, 0, /"node_id":18446744073709551615/, integer);
  prints('nodes list', NODE_LIST, 0, /"node_id":"18446744073709551615",.*"iggy":\{"activity_id":/);

  story('an entry', { nodes: NODES }, async (scene) => {
    const id = (
      await scene.ends(0, 'activities list --limit 1 -o csv --columns id --no-header')
    ).stdout.trim();
    const { stdout } = await scene.ends(0, `activities show ${id} -o json`);
    assert.match(stdout, new RegExp(`"id": "${id}",`));
    assertMatches('activity', stdout);
  });

  story('a list that breaks off', { history: 150 }, async (scene) => {
    const gone = reply(404, { code: 'not_found', reason: 'gone', status: 404 });
    const server = await startServer((request, response, socket) =>
      (request.url.includes('page=1&') ? answerOf(scene.url) : gone)(request, response, socket),
    );
    const list = scene.ends(5, `activities list --limit 0 --supervisor-url ${server.url} -o json`);
    const { stdout } = await list.finally(() => server.close());
    assert.match(stdout, /"id".*\],"error":\{"code":"not_found"/s);
    assertMatches('activity-list', stdout);
  });

  story('a log that is followed until an interrupt', { nodes: NODES }, async (scene) => {
    const run = scene.start('activities list --follow -o ndjson').input();
    await run.said(/"event":"activity"/);
    run.kill('SIGINT');
    const { stdout } = await endsWith(130, run);
    assert.match(stdout, /\{"event":"result","total":5,.*\n$/);
    assertLinesMatch(stdout, 'activity-list-event');
  });
});

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

describe('who and where, as the schemas have it:', () => {
  const IDENTITY: Schemas = ['identity'];
  prints('whoami', IDENTITY, 0, /"may_manage": true/);
  prints('deployments list', ['deployment-list', 'deployment'], 0, /"supervisor_url": ?null/);

  story('profiles, from the first to none', {}, async (scene) => {
    const print = async (args: string, schema: string): Promise<string> => {
      const { stdout } = await endsWith(
        0,
        scene.start(`${args} -o json`).input(scene.sandbox.apiKey),
      );
      assertMatches(schema, stdout);
      return stdout;
    };
    for (const name of ['one', 'two']) {
      await print(
        `profiles add ${name} --key-store file --api-key-stdin --deployment sandbox`,
        'profile',
      );
    }
    await print('profiles list', 'profile-list');
    assertLinesMatch((await scene.ends(0, 'profiles list -o ndjson')).stdout, 'profile');
    await print('profiles show two', 'profile');
    await print('profiles update two --protected', 'profile');
    await print('profiles use two', 'profile');
    assert.match(await print('profiles remove two --yes', 'profile-removed'), /"current": null/);
  });

  story('a sandbox that was started', {}, async (scene: Scene) => {
    const run = scene.start('sandbox start -o json').input();
    await run.said(/Ctrl-C ends it/);
    run.kill('SIGINT');
    assertMatches('sandbox', (await endsWith(0, run)).stdout);
  });
});
