import assert from 'node:assert/strict';
import nock from 'nock';
import ActivitiesTrigger from '../../src/commands/activities/trigger.js';
import { type Activity } from '../../src/base/activity.js';
import {
  ACTIVITIES,
  CommandBench,
  DEPLOYMENT,
  entry,
  page,
  problem,
  SUPERVISOR,
} from '../helpers/command.js';
import { parseJson } from '../helpers/readers.js';
import { REQUEST_ID } from '../helpers/server.js';

const NODE = 18446744073709551615n;
const OLD = entry({ id: 7301845022003200001n, node_id: NODE });
const OWN = entry({ id: 7301845022003200002n, node_id: NODE });
const PATH = `${ACTIVITIES}/iggy/restart`;
/** As the API writes it, with the `instance` of a request that is not this one. */
const OF_ANOTHER = problem(409, 'conflict', 'Busy.').replace(REQUEST_ID, 'f'.repeat(32));
const RESTART = ['iggy', 'restart', '--node', String(NODE), '--timeout', '0'];

interface Result {
  outcome: string;
  replayed: boolean | null;
  recovered: boolean | null;
  resume: string | null;
  nodes: unknown[];
  error?: { code: string; exit_code: bigint; message: string; request_id: string | null };
}

describe('activities trigger', () => {
  let bench: CommandBench;
  beforeEach(() => (bench = new CommandBench()));
  afterEach(() => bench.close());

  it('takes what is nested too deep for a read that failed, also after the POST', async () => {
    const deep = page([OWN]).replace('"iggy"', `"iggy","x":${'['.repeat(4500)}${']'.repeat(4500)}`);
    let posted = false;
    bench.supervisor.post(PATH).reply(() => ((posted = true), [202]));
    nock(SUPERVISOR)
      .persist()
      .get(ACTIVITIES)
      .query(true)
      .reply(200, () => (posted ? deep : page([OLD])));
    const result = await bench.json<Result>(7, ActivitiesTrigger, RESTART);
    assert.equal(result.error?.code, 'invalid_answer');
  });

  for (const [moment, exitCode, says] of [
    ['before its POST', 1, /^error: a bug in ldctl: TypeError: a mistake$/m],
    ['while its POST is on its way', 7, /^error: a bug in ldctl, after it was sent: TypeError: /m],
  ] as const) {
    it(`ends with ${exitCode} at a bug ${moment}, and shows where with --debug`, async () => {
      const isPosting = exitCode === 7;
      const breaks = (): void => {
        bench.clock.now = () => {
          throw new TypeError('a mistake');
        };
      };
      bench.showLog(() => (isPosting || breaks(), [OLD]));
      if (isPosting) bench.supervisor.on('replied', breaks).post(PATH).reply(202);
      const { stderr } = await bench.ends(exitCode, ActivitiesTrigger, RESTART, '--debug');
      assert.match(stderr, says);
      assert.match(stderr, /^TypeError: a mistake\n {4}at /m);
    });
  }

  it('prints the whole document, every field of it', async () => {
    bench.logGrows([OLD], [OWN]);
    bench.supervisor.post(PATH, `{"nodes":[${NODE}]}`).reply(202);
    const { stdout } = await bench.ends(0, ActivitiesTrigger, RESTART, '-o json');
    assert.deepEqual(parseJson(stdout), {
      outcome: 'completed',
      runtime: 'iggy',
      action: 'restart',
      deployment_id: DEPLOYMENT,
      idempotency_key: 'a-random-key',
      targets: 'named',
      core_count: null,
      sent: true,
      replayed: false,
      recovered: false,
      request_id: REQUEST_ID,
      nodes: [
        {
          node_id: NODE,
          node_name: null,
          activity_id: OWN.id,
          status: 'completed',
          created_at: OWN.created_at,
          finished_at: OWN.finished_at,
          ambiguous: false,
        },
      ],
      not_acted_on: [],
      resume: null,
    });
    assert.ok(stdout.endsWith('}\n'));
  });

  describe('while another operator does the same to the node', () => {
    const THEIRS = entry({ id: 7301845022003200003n, node_id: NODE, author_id: 43n });
    const run = async (...log: Activity[]) => {
      bench.logGrows([OLD], log);
      bench.supervisor.post(PATH).reply(202);
      const { code, stdout, stderr } = await bench.run(ActivitiesTrigger, RESTART, '-o json');
      const { nodes } = parseJson(stdout) as { nodes: Array<Record<string, unknown>> };
      return {
        code,
        stderr,
        shown: nodes.map(({ activity_id, status, ambiguous }) => [activity_id, status, ambiguous]),
      };
    };

    it('has done once their entry has ended: it came after the trigger was sent', async () => {
      const { code, stderr, shown } = await run(THEIRS);
      assert.equal(code, 0, stderr);
      assert.deepEqual(shown, [[THEIRS.id, 'completed', false]]);
    });

    it('waits for both entries: the worst counts, and it is ambiguous', async () => {
      const { code, stderr, shown } = await run(THEIRS, { ...OWN, status: 'rejected' });
      assert.equal(code, 3, stderr);
      assert.deepEqual(shown, [[OWN.id, 'rejected', true]]);
    });

    it('counts neither what they did to another runtime or node, nor by another action', async () => {
      const others = [
        { ...THEIRS, id: THEIRS.id + 1n, node_id: 7n },
        { ...THEIRS, id: THEIRS.id + 2n, runtime: 'connectors' },
        { ...THEIRS, id: THEIRS.id + 3n, action: 'stop' },
      ];
      const { code, stderr, shown } = await run(...others.toReversed());
      assert.equal(code, 7, stderr);
      assert.deepEqual(shown, [[null, 'missing', false]]);
    });
  });

  const REFUSALS: ReadonlyArray<
    readonly [status: number, apiCode: string, exitCode: number, hint: RegExp | null]
  > = [
    [400, 'validation_error', 5, null],
    [401, 'unauthorized', 4, /LD_API_KEY/],
    [403, 'forbidden', 4, /deployment:manage/],
    [404, 'not_found', 5, /ldctl deployments list/],
    [409, 'idempotency_error', 5, /Use another key/],
    [409, 'deployment_stopped', 5, null],
    [422, 'unprocessable', 5, null],
  ];
  for (const [status, apiCode, exitCode, hint] of REFUSALS) {
    it(`ends with ${exitCode} at a ${status} ${apiCode}, in the API's own words`, async () => {
      bench.showLog([OLD]);
      bench.supervisor
        .post(PATH)
        .reply(status, problem(status, apiCode, 'The reason is \u001b[31mthis\u0007.'));
      const { stdout, stderr } = await bench.ends(exitCode, ActivitiesTrigger, RESTART, '-o json');
      const { error, ...rest } = parseJson(stdout) as Result & { error: { hint: string | null } };
      assert.deepEqual(rest, {});
      assert.deepEqual(
        [error.code, error.exit_code, error.request_id],
        [apiCode, BigInt(exitCode), REQUEST_ID],
      );
      assert.match(error.message, /The reason is/);
      if (hint) assert.match(error.hint ?? '', hint);
      assert.match(stderr, new RegExp(`^error: [^]*^code ${apiCode}, request ${REQUEST_ID}$`, 'm'));
      // eslint-disable-next-line no-control-regex -- what the API says must not reach the terminal as it is
      assert.doesNotMatch(stdout + stderr, /[\u001b\u0007]/);
    });
  }

  it('ends with 7 at a redirect that the log says nothing of: it does not follow it, nor send again', async () => {
    bench.showLog([OLD]);
    bench.supervisor.post(PATH).reply(308, '', { location: 'https://elsewhere.example/' });
    const { outcome, resume, error } = await bench.json<Result>(7, ActivitiesTrigger, RESTART);
    assert.deepEqual([outcome, error?.code, error?.exit_code], ['unconfirmed', 'redirect', 7n]);
    assert.match(resume ?? '', new RegExp(`^ldctl activities wait --after ${OLD.id} `));
  });

  for (const [what, status, body] of [
    ['a 500', 500, ''],
    ['an HTML 502 from a proxy', 502, '<html>Bad gateway</html>'],
    ['a 408', 408, ''],
    ['a 499', 499, ''],
    ['a 409 with a page of a gateway', 409, '<html>Conflict</html>'],
    ['a 409 with JSON of a gateway', 409, '{"code":"conflict","reason":"Retry."}'],
    ['a 409 that names another request', 409, OF_ANOTHER],
    ['a 200', 200, '{}'],
  ] as const) {
    it(`finds the entry in the log after ${what}, and does not send again`, async () => {
      bench.logGrows([OLD], [OWN]);
      bench.supervisor.post(PATH).reply(status, body);
      const { stdout, stderr } = await bench.ends(0, ActivitiesTrigger, RESTART, '-o json');
      const { outcome, recovered, replayed } = parseJson(stdout) as Result;
      assert.deepEqual([outcome, recovered, replayed], ['completed', true, false]);
      assert.match(stderr, /^warning: .*looking in the log before sending again/m);
    });
  }

  it('follows what its key has done elsewhere, also where a proxy doubles the header that says so', async () => {
    bench.showLog([{ ...OWN, created_at: '2026-06-01T11:59:00Z' }]);
    const doubled = { 'idempotent-replayed': 'true, true', date: bench.serverDate() };
    bench.supervisor.post(PATH).reply(202, '', doubled);
    const words = [...RESTART, '--idempotency-key', 'deploy-7'];
    const { replayed } = await bench.json<Result>(0, ActivitiesTrigger, words);
    assert.equal(replayed, true);
  });

  it('does not refute a success by the time of a cache', async () => {
    let posted = false;
    nock(SUPERVISOR)
      .persist()
      .get(ACTIVITIES)
      .query(true)
      .reply(200, () => page(posted ? [OWN, OLD] : [OLD]), {
        date: bench.serverDate(),
        age: '60',
      });
    bench.supervisor.post(PATH).reply(() => ((posted = true), [202]));
    const { nodes } = await bench.json<Result>(0, ActivitiesTrigger, RESTART);
    assert.equal((nodes as Activity[])[0]?.activity_id, OWN.id);
  });

  it('finds the entry in the log after a redirect, which may come after the action', async () => {
    bench.logGrows([OLD], [OWN]);
    bench.supervisor.post(PATH).reply(307, '', { location: 'https://elsewhere.example/' });
    const { stdout, stderr } = await bench.ends(0, ActivitiesTrigger, RESTART, '-o json');
    assert.equal((parseJson(stdout) as Result).recovered, true);
    assert.match(
      stderr,
      /^warning: .*redirected the request \(307\).*; ldctl does not send it again, and looks in the log/m,
    );
  });

  it('sends again with the same key once a look, 5 s after a lost answer, shows nothing', async () => {
    const keys: unknown[] = [];
    const times: number[] = [];
    const note = (headers: Record<string, unknown>): void => {
      keys.push(headers['idempotency-key']);
      times.push(bench.clock.now());
    };
    bench.showLog(() => (keys.length === 2 ? [OWN, OLD] : [OLD]));
    bench.supervisor.post(PATH).reply(function () {
      note(this.req.headers);
      return [503, ''];
    });
    bench.supervisor.post(PATH).reply(function () {
      note(this.req.headers);
      return [202, ''];
    });
    await bench.ends(0, ActivitiesTrigger, RESTART);
    assert.equal(keys[0], keys[1]);
    assert.ok((times[1] ?? 0) - (times[0] ?? 0) >= 5000);
  });

  it('does not treat a no as proof after a lost answer: 7, with the reason and the way on', async () => {
    bench.showLog([OLD]);
    bench.supervisor.post(PATH).reply(500);
    bench.supervisor.post(PATH).reply(403, problem(403, 'forbidden', 'Your grant has ended.'));
    const { outcome, error, resume } = await bench.json<Result>(7, ActivitiesTrigger, RESTART);
    assert.equal(outcome, 'unconfirmed');
    assert.deepEqual([error?.code, error?.exit_code], ['forbidden', 7n]);
    assert.match(error?.message ?? '', /Your grant has ended/);
    assert.equal(
      resume,
      `ldctl activities wait --after ${OLD.id} --runtime iggy --action restart --node ${NODE}`,
    );
  });

  it('waits as long as a 429 says, and sends the same key', async () => {
    let log = [OLD];
    bench.showLog(() => log);
    bench.supervisor
      .post(PATH)
      .reply(429, problem(429, 'rate_limited', 'Slowly.'), { 'retry-after': '7' });
    bench.supervisor
      .post(PATH)
      .matchHeader('idempotency-key', /^a-random-key\./)
      .reply(202, () => {
        log = [OWN, OLD];
        return '';
      });
    await bench.ends(0, ActivitiesTrigger, RESTART);
    assert.ok(bench.clock.sleeps.includes(7000));
  });

  it('gives up following when the key may not read any more: 7, with what is known', async () => {
    let polls = 0;
    const processing = { ...OWN, status: 'processing', finished_at: null };
    bench.supervisor
      .get(ACTIVITIES)
      .query(true)
      .reply(200, page([OLD]));
    bench.supervisor.post(PATH).reply(202);
    bench.supervisor
      .get(ACTIVITIES)
      .query(true)
      .times(2)
      .reply(() => {
        polls += 1;
        return polls === 1
          ? [200, page([processing, OLD])]
          : [403, problem(403, 'forbidden', 'No longer.')];
      });
    const { outcome, error, nodes, resume } = await bench.json<Result>(
      7,
      ActivitiesTrigger,
      RESTART,
    );
    assert.equal(outcome, 'unconfirmed');
    assert.deepEqual([error?.code, error?.exit_code], ['forbidden', 7n]);
    assert.deepEqual(
      (nodes as Array<{ status: string }>).map(({ status }) => status),
      ['processing'],
    );
    assert.equal(resume, `ldctl activities wait ${OWN.id}`);
  });

  it('shows a status that is not known yet, and does not treat it as an end', async () => {
    bench.logGrows([OLD], [{ ...OWN, status: 'paused', finished_at: null }]);
    bench.supervisor.post(PATH).reply(202);
    bench.clock.sleep = interruptAfter(bench, 10);
    const { stdout } = await bench.ends(130, ActivitiesTrigger, RESTART);
    assert.match(stdout, new RegExp(`^${NODE} +${OWN.id} +paused`, 'm'));
  });

  for (const key of ['4711-', '.restart', '4711 ', '4711-restart']) {
    const isWhole = key === '4711-restart';
    it(`${isWhole ? 'says nothing' : 'warns'} of the idempotency key "${key}"`, async () => {
      bench.showLog([OLD]);
      const args = [...RESTART, '--dry-run', '-q', '--idempotency-key', key];
      const { stderr } = await bench.ends(0, ActivitiesTrigger, args);
      const warning = `warning: --idempotency-key "${key}" starts or ends with a separator; is a variable unset?\n`;
      assert.equal(stderr, isWhole ? '' : warning);
    });
  }

  for (const [typed, action] of [
    ['Iggy RESTART', 'restart'],
    ['IGGY Reconfigure:42', 'reconfigure:42'],
    ['iggy Reconfigure --config 42', 'reconfigure:42'],
  ] as const) {
    it(`takes ${typed} whatever its case`, async () => {
      bench.logGrows([OLD], [{ ...OWN, action }]);
      bench.supervisor.post(`${ACTIVITIES}/iggy/${action}`).reply(202);
      await bench.ends(0, ActivitiesTrigger, typed, '--timeout 0 --node', String(NODE));
    });
  }

  it('sends nothing on a dry run, and shows exactly what it would have sent', async () => {
    bench.showLog(() => [OLD, entry({ id: 5n, node_id: 9n })]);
    const { outcome, nodes, request } = await bench.json<
      Result & {
        request: Record<string, unknown>;
      }
    >(0, ActivitiesTrigger, 'iggy restart --dry-run');
    assert.equal(outcome, 'dry_run');
    assert.deepEqual(
      (nodes as Array<{ node_id: bigint; status: string }>).map(({ node_id, status }) => [
        node_id,
        status,
      ]),
      [
        [9n, 'not_started'],
        [NODE, 'not_started'],
      ],
    );
    assert.deepEqual(
      [request.method, request.url, request.body],
      ['POST', `${SUPERVISOR}${PATH}`, '{}'],
    );
    assert.match(String(request.idempotency_key), /^a-random-key\.[0-9a-f]{32}$/);
  });

  it('says how to continue in words that every shell takes as they are: PowerShell would part a list', async () => {
    bench.showLog([OLD]);
    bench.supervisor.post(PATH).reply(308, '', { location: 'https://elsewhere.example/' });
    const result = await bench.json<Result>(7, ActivitiesTrigger, RESTART, '--node 7');
    const how = `--after ${OLD.id} --runtime iggy --action restart --node "${NODE},7"`;
    assert.equal(result.resume, `ldctl activities wait ${how}`);
  });
});

/** A sleep that is interrupted by Ctrl-C when it is the `n`th. */
function interruptAfter(bench: CommandBench, n: number): CommandBench['clock']['sleep'] {
  const sleep = bench.clock.sleep.bind(bench.clock);
  return (ms, signal) => {
    const slept = sleep(ms, signal);
    if (bench.clock.sleeps.length >= n) bench.interrupt('SIGINT');
    return slept;
  };
}
