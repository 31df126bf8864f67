import assert from 'node:assert/strict';
import { type Ended } from '../helpers/ldctl.js';
import { withScene, type Scene } from '../helpers/scene.js';
import { assertMatches, type IdType } from '../helpers/schemas.js';
import { reply, startServer } from '../helpers/server.js';
import { sideBySide } from '../helpers/side-by-side.js';
import { type StartSandboxOptions } from '../../src/sandbox/index.js';

const TRIGGER = ['activities', 'trigger', 'iggy', 'restart'];
const LIST = ['activities', 'list'];
const NODES = [7n, 18446744073709551615n];
const BOTH = ['--node', NODES.join()];

interface Case {
  args: readonly string[];
  exits: number;
  /** The schema of the document, or of every line. */
  json?: string;
  ndjson?: string;
  ids?: IdType;
  sandbox?: StartSandboxOptions;
  /** What happens before the command is run. */
  before?: (scene: Scene) => void;
  /** What must be in it, so that it is known to be the shape that was meant. */
  holds: RegExp;
}

const restartByOthers = ({ sandbox }: Scene): void =>
  void sandbox.dispatchAsOther({ runtime: 'iggy', action: { verb: 'restart' } });

/** The shapes (design, "Output shapes"), each as it comes about. */
const CASES: Readonly<Record<string, Case>> = {
  'a list': {
    args: [...LIST, '--limit', '0'],
    exits: 0,
    json: 'activity-list',
    ndjson: 'activity',
    holds: /reconfigure:/,
  },
  'a list of what goes on': {
    args: [...LIST, '--status', 'processing'],
    exits: 0,
    sandbox: { workMs: 60_000 },
    before: restartByOthers,
    json: 'activity-list',
    ndjson: 'activity',
    holds: /"finished_at":null/,
  },
  'a list of nothing': { args: [...LIST, '--node', '9'], exits: 0, json: 'activity-list', holds: /"items":\[\]/ },
  'a list of what is after an id': {
    args: [...LIST, '--after', '0', '--limit', '2'],
    exits: 0,
    json: 'activity-list',
    ndjson: 'activity',
    holds: /"action":"restart"/,
  },
  statistics: {
    args: ['activities', 'stats'],
    exits: 0,
    json: 'work-stats-list',
    ndjson: 'work-stats',
    holds: /"rejected":1,.*"median_s":null/,
  },
  'statistics by node with ids as bare numbers': {
    args: ['activities', 'stats', '--by', 'node', '--number-ids'],
    exits: 0,
    json: 'work-stats-list',
    ndjson: 'work-stats',
    ids: 'integer',
    holds: /"node_id":18446744073709551615/,
  },
  'statistics of nothing': {
    args: ['activities', 'stats', '--node', '9'],
    exits: 0,
    json: 'work-stats-list',
    holds: /"items":\[\]/,
  },
  'the nodes of the log': {
    args: ['nodes', 'list'],
    exits: 0,
    json: 'node-list',
    ndjson: 'node',
    holds: /"node_id":"18446744073709551615",.*"iggy":\{"activity_id":/,
  },
  'the nodes of the log with ids as bare numbers': {
    args: ['nodes', 'list', '--number-ids'],
    exits: 0,
    json: 'node-list',
    ndjson: 'node',
    ids: 'integer',
    holds: /"activity_id":\d/,
  },
  'an entry that is not there': {
    args: ['activities', 'show', '12'],
    exits: 5,
    json: 'error',
    ndjson: 'error',
    holds: /"code": ?"activity_not_found"/,
  },
  'a raw page': { args: [...LIST, '--page', '1'], exits: 0, json: 'activity-list', holds: /"total_results":5/ },
  'a list with ids as bare numbers': {
    args: [...LIST, '--number-ids'],
    exits: 0,
    json: 'activity-list',
    ndjson: 'activity',
    ids: 'integer',
    holds: /"node_id":18446744073709551615/,
  },
  'a log that cannot be listed': {
    args: [...LIST, '--deployment', '12'],
    exits: 5,
    json: 'error',
    ndjson: 'error',
    holds: /"code": ?"not_found"/,
  },
  'a log watched to its end': {
    args: [...LIST, '--watch'],
    exits: 0,
    before: restartByOthers,
    json: 'activity-list',
    ndjson: 'activity-list-event',
    holds: /"completed"/,
  },
  'a log watched for too long': {
    args: [...LIST, '--watch', '--timeout', '1s'],
    exits: 8,
    sandbox: { stuck: [7n] },
    before: restartByOthers,
    json: 'activity-list',
    ndjson: 'activity-list-event',
    holds: /"code":"timed_out"/,
  },
  'a trigger that completed': {
    args: [...TRIGGER, ...BOTH],
    exits: 0,
    json: 'run-result',
    ndjson: 'run-event',
    holds: /"outcome": ?"completed"/,
  },
  'a trigger with ids as bare numbers': {
    args: [...TRIGGER, ...BOTH, '--number-ids'],
    exits: 0,
    json: 'run-result',
    ndjson: 'run-event',
    ids: 'integer',
    holds: /"node_id": ?18446744073709551615/,
  },
  'a trigger on every node': {
    args: [...TRIGGER, '--yes', '--expect-nodes', '2'],
    exits: 0,
    json: 'run-result',
    ndjson: 'run-event',
    holds: /"targets": ?"expected"/,
  },
  'a trigger that a node rejected': {
    args: [...TRIGGER, ...BOTH],
    exits: 3,
    sandbox: { reject: [7n] },
    json: 'run-result',
    ndjson: 'run-event',
    holds: /"outcome": ?"rejected"/,
  },
  'a trigger with an entry that never appears': {
    args: [...TRIGGER, ...BOTH, '--appear-timeout', '1s'],
    exits: 7,
    sandbox: { missing: [7n] },
    json: 'run-result',
    ndjson: 'run-event',
    holds: /"status": ?"missing"/,
  },
  'a trigger that timed out': {
    args: [...TRIGGER, ...BOTH, '--timeout', '1s'],
    exits: 8,
    sandbox: { stuck: [7n] },
    json: 'run-result',
    ndjson: 'run-event',
    holds: /"resume": ?"ldctl activities wait /,
  },
  'a trigger that is not waited for': {
    args: [...TRIGGER, ...BOTH, '--no-wait'],
    exits: 0,
    json: 'run-result',
    ndjson: 'run-event',
    holds: /"outcome": ?"accepted"/,
  },
  'a dry run': {
    args: [...TRIGGER, ...BOTH, '--dry-run'],
    exits: 0,
    json: 'dry-run',
    ndjson: 'run-event',
    holds: /"outcome": ?"dry_run"/,
  },
  'a dry run of every node': {
    args: [...TRIGGER, '--dry-run'],
    exits: 0,
    json: 'dry-run',
    ndjson: 'run-event',
    holds: /"body": ?"\{\}"/,
  },
  'a dry run of a roll': {
    args: ['activities', 'roll', ...TRIGGER.slice(2), ...BOTH, '--dry-run'],
    exits: 0,
    json: 'dry-run',
    ndjson: 'run-event',
    holds: /"requests": ?\[/,
  },
  'a dry run of a roll with ids as bare numbers': {
    args: ['activities', 'roll', ...TRIGGER.slice(2), ...BOTH, '--dry-run', '--number-ids'],
    exits: 0,
    json: 'dry-run',
    ndjson: 'run-event',
    ids: 'integer',
    holds: /"requests": ?\[/,
  },
  'a trigger without consent': { args: TRIGGER, exits: 2, json: 'error', ndjson: 'error', holds: /consent_missing/ },
  'a trigger with a wrong flag': {
    args: [...TRIGGER, '--nodes'],
    exits: 2,
    json: 'error',
    ndjson: 'error',
    holds: /usage/,
  },
  'the following of a trigger by its baseline': {
    args: ['activities', 'wait', '--after', '1', '--runtime', 'iggy', '--action', 'restart', ...BOTH],
    exits: 0,
    sandbox: { history: 0 },
    before: restartByOthers,
    json: 'run-result',
    ndjson: 'run-event',
    holds: /"outcome": ?"completed"/,
  },
};

function assertLinesMatch({ stdout }: Ended, schema: string, { ids, holds }: Case): void {
  assert.match(stdout, holds);
  assert.ok(stdout.endsWith('\n'));
  for (const line of stdout.trimEnd().split('\n')) assertMatches(schema, line, ids);
}

describe('what is printed is as the schemas have it:', function () {
  this.timeout(300_000);

  const scenarios: Record<string, () => Promise<void>> = {};
  for (const [name, example] of Object.entries(CASES)) {
    const { args, exits, json, ndjson, sandbox, before = () => undefined } = example;
    const run = async (scene: Scene, format: string): Promise<Ended> => {
      before(scene);
      const ended = await scene.ldctl([...args, '-o', format]);
      assert.equal(ended.code, exits, ended.stderr);
      return ended;
    };
    if (json) {
      scenarios[`${name} (json)`] = () =>
        withScene({ nodes: NODES, ...sandbox }, async (scene) => {
          const { stdout } = await run(scene, 'json');
          assert.match(stdout, example.holds);
          assertMatches(json, stdout, example.ids);
        });
    }
    if (ndjson) {
      scenarios[`${name} (ndjson)`] = () =>
        withScene({ nodes: NODES, ...sandbox }, async (scene) => {
          assertLinesMatch(await run(scene, 'ndjson'), ndjson, example);
        });
    }
  }

  scenarios['a list that breaks off (json)'] = () =>
    withScene({ history: 150 }, async (scene) => {
      const gone = reply(404, { code: 'not_found', reason: 'gone', status: 404 });
      const server = await startServer(async (request, response, socket) => {
        if (!request.url.includes('page=1&')) return gone(request, response, socket);
        const headers = { 'ld-api-key': String(request.headers['ld-api-key']) };
        const page = await fetch(scene.url + request.url, { headers });
        return reply(page.status, await page.text())(request, response, socket);
      });
      const { code, stdout, stderr } = await scene.ldctl([
        ...LIST,
        '--limit',
        '0',
        '--supervisor-url',
        server.url,
        '-o',
        'json',
      ]);
      await server.close();
      assert.equal(code, 5, stderr);
      assert.match(stdout, /"id".*\],"error":\{"code":"not_found"/s);
      assertMatches('activity-list', stdout);
    });

  scenarios['an entry of the log (json)'] = () =>
    withScene({ nodes: NODES }, async (scene) => {
      const { stdout: id } = await scene.ldctl([
        ...LIST,
        '--limit',
        '1',
        '-o',
        'csv',
        '--columns',
        'id',
        '--no-header',
      ]);
      const { code, stdout, stderr } = await scene.ldctl(['activities', 'show', id.trim(), '-o', 'json']);
      assert.equal(code, 0, stderr);
      assert.match(stdout, new RegExp(`"id": "${id.trim()}",`));
      assertMatches('activity', stdout);
    });

  scenarios['a trigger whose answer was lost (ndjson)'] = () =>
    withScene({ nodes: NODES, dropPosts: 1 }, async (scene) => {
      const ended = await scene.ldctl([...TRIGGER, ...BOTH, '-o', 'ndjson']);
      assert.equal(ended.code, 0, ended.stderr);
      assert.match(ended.stdout, /"event":"dispatched".*"recovered":true/);
      for (const line of ended.stdout.trimEnd().split('\n')) assertMatches('run-event', line);
    });

  scenarios['a log that is followed until an interrupt (ndjson)'] = () =>
    withScene({ nodes: NODES }, async (scene) => {
      const run = scene.start([...LIST, '--follow', '-o', 'ndjson']);
      await run.said(/"event":"activity"/);
      run.kill('SIGINT');
      const { code, stdout } = await run.ended();
      assert.equal(code, 130);
      assert.match(stdout, /\{"event":"result","total":5,.*\n$/);
      for (const line of stdout.trimEnd().split('\n')) assertMatches('activity-list-event', line);
    });

  sideBySide(scenarios);
});
