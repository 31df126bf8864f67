import assert from 'node:assert/strict';
import { parse as parseYaml } from 'yaml';
import { LdctlError, UsageError } from '../../../src/base/errors.js';
import { type NodeResult, type ResultFields } from '../../../src/base/outcome.js';
import { memoryOutput, type MemoryOutput, type Terminal } from '../../helpers/memory-output.js';
import { checkRunResultOptions, printRunResult, type RunResultOptions } from '../../../src/output/run-result.js';
import { doingText, placeOf } from '../../../src/output/run-text.js';
import { HOSTILE, missing, node, NODE, options, run } from './support/samples.js';

async function print(
  result: ResultFields,
  wanted: Partial<RunResultOptions> = {},
  terminal: Partial<Terminal> = {},
): Promise<MemoryOutput> {
  const output = memoryOutput(terminal);
  await printRunResult(output, result, { ...options(), quiet: false, ...wanted });
  return output;
}

const nodes = (count: number, fields: Partial<NodeResult> = {}): NodeResult[] =>
  Array.from({ length: count }, (_, index) => node({ node_id: NODE + BigInt(index), ...fields }));
const open = { status: 'processing', finished_at: null };
const unseen = { activity_id: null, status: null, created_at: null, finished_at: null };
const rejected = node({ node_id: 17n, status: 'rejected' });
const notStarted = missing({ node_id: 9n, status: 'not_started' });
const resume = 'ldctl activities wait 7';

describe('the result of a run as a table', () => {
  it('has a row a node', async () => {
    const result = run({ nodes: [node(), node({ node_id: 16n, ...open }), missing({ node_id: 18n }), notStarted] });
    assert.deepEqual((await print(result)).stdout.lines, [
      'NODE                ACTIVITY             STATUS       TOOK',
      '610809900976570889  7261845022003200001  completed    4.8s',
      '16                  7261845022003200001  processing   -',
      '18                  -                    missing      -',
      '9                   -                    not started  -',
    ]);
  });

  it('says which are ambiguous, and how gates ended, if any did', async () => {
    const gate = { exit_code: 4, timed_out: false, took_ms: 1 };
    const { stdout } = await print(run({ nodes: [node({ gate }), node({ node_id: 1n, ambiguous: true })] }));
    assert.deepEqual(
      stdout.lines.map((line) => line.slice(41)),
      [
        'STATUS     TOOK  AMBIGUOUS  GATE',
        'completed  4.8s  -          failed with 4',
        'completed  4.8s  yes        -',
      ],
    );
  });

  it('takes --columns, which are checked before anything is sent', async () => {
    const wanted = { columns: ['status', 'node', 'ambiguous'] };
    checkRunResultOptions(options(wanted));
    assert.equal((await print(run(), wanted)).stdout.lines[1], 'completed  610809900976570889  -');
    assert.throws(() => checkRunResultOptions(options({ columns: ['colour'] })), UsageError);
  });

  it('is coloured at a terminal, and loses whole columns but never node and status', async () => {
    const { stdout } = await print(run({ nodes: [node(), missing()] }), {}, { isTTY: true, columns: 40 });
    assert.deepEqual(stdout.lines, [
      '\u001B[1mNODE\u001B[22m                \u001B[1mSTATUS\u001B[22m     \u001B[1mTOOK\u001B[22m',
      '610809900976570889  \u001B[32mcompleted\u001B[39m  4.8s',
      '610809900976570889  \u001B[31mmissing\u001B[39m    -',
    ]);
    const [header] = (await print(run(), {}, { isTTY: true, colour: false, columns: 10 })).stdout.lines;
    assert.equal(header, 'NODE                STATUS');
  });
});

describe('what became of a run', () => {
  const list = (ids: string): string => `next: ldctl activities list --node ${ids}`;
  const cases: Array<[what: string, result: Partial<ResultFields>, lines: string[]]> = [
    ['done', { nodes: nodes(3) }, ['✓ restart of iggy completed on 3 of 3 nodes']],
    ['several triggers', { runtime: null, action: null }, ['✓ the run completed on 1 of 1 node']],
    ['--no-wait', { outcome: 'accepted', resume }, ['✓ restart of iggy accepted', `next: ${resume}`]],
    [
      'a rejection',
      { outcome: 'rejected', nodes: [node(), rejected] },
      ['✗ restart of iggy: 1 of 2 nodes rejected it (17)', list('17')],
    ],
    [
      'a missing node',
      { outcome: 'unconfirmed', nodes: [missing({ node_id: 18n })], resume },
      ['✗ restart of iggy: 1 of 1 node missing from the log (18)', list('18'), `or: ${resume}`],
    ],
    [
      'all sorts, the worst first',
      { outcome: 'timed_out', nodes: [node(open), node(unseen), missing(), rejected, node()], resume },
      [
        `✗ restart of iggy: 1 of 5 nodes rejected it (17); 1 missing from the log (${NODE}); ` +
          `1 still processing (${NODE}); 1 not seen yet (${NODE})`,
        list(`${NODE},17`),
        `or: ${resume}`,
      ],
    ],
    [
      'a gate that failed',
      {
        outcome: 'halted',
        nodes: [node({ gate: { exit_code: 4, timed_out: false, took_ms: 1 } }), notStarted, notStarted],
        resume,
      },
      [
        `✗ restart of iggy: 1 of 3 nodes completed, but its gate failed with 4 (${NODE}); 2 not started`,
        `next: ${resume}`,
      ],
    ],
    [
      'an unknown fate',
      { outcome: 'unconfirmed', nodes: [] },
      ['✗ restart of iggy: it is not known what became of it'],
    ],
    [
      'an interrupt',
      { outcome: 'interrupted', nodes: [node(open)], resume },
      ['Stopped watching; the restart goes on.', `next: ${resume}`],
    ],
    [
      'an interrupt of a roll',
      { outcome: 'interrupted', nodes: [node(open), notStarted] },
      ['Stopped watching; the restart goes on. 1 node was not started.'],
    ],
    [
      'a roll that was asked to stop',
      { outcome: 'interrupted', nodes: [node(), notStarted] },
      ['Stopped: restart of iggy, 1 of 2 nodes not started'],
    ],
    [
      'nodes that were expected and never seen',
      { outcome: 'unconfirmed', targets: 'expected', nodes: [node(), missing({ node_id: null })] },
      ['✗ restart of iggy: 1 of 2 nodes missing from the log'],
    ],
    [
      'activities that are known by their ids alone',
      {
        outcome: 'unconfirmed',
        action: null,
        runtime: null,
        nodes: [7n, 8n].map((id) => missing({ node_id: null, activity_id: id })),
      },
      ['✗ the run: 2 of 2 activities missing from the log (activity 7, activity 8)'],
    ],
    [
      'a status that is not known yet',
      { outcome: 'timed_out', nodes: [node({ status: `odd${HOSTILE}` })] },
      [`✗ restart of iggy: 1 of 1 node odd [2J [31mred  2J  next esrever (${NODE})`],
    ],
  ];
  for (const [what, result, lines] of cases) {
    it(`is told in a line, and what to do next: ${what}`, async () => {
      assert.deepEqual((await print(run(result))).stderr.lines, lines);
    });
  }

  it('is told in every format', async () => {
    for (const format of ['json', 'yaml', 'csv', 'ndjson'] as const) {
      assert.deepEqual((await print(run(), { format })).stderr.lines, ['✓ restart of iggy completed on 1 of 1 node']);
    }
  });

  it('with --quiet is left out for a success, and for a success only', async () => {
    assert.equal((await print(run({ outcome: 'accepted', resume }), { quiet: true })).stderr.text, '');
    assert.equal(
      (await print(run({ outcome: 'rejected', nodes: [rejected] }), { quiet: true })).stderr.lines.length,
      2,
    );
  });

  it('names the same deployment in what comes next, and says of a log that alone names nodes that some may have left', async () => {
    const result = run({ outcome: 'unconfirmed', targets: 'observed', nodes: [missing({ node_id: 8n })] });
    const { stderr } = await print(result, { target: '--profile prod' });
    assert.match(stderr.lines[1] ?? '', /^hint: .*--expect-nodes deployment/);
    assert.equal(stderr.lines[2], 'next: ldctl activities list --node 8 --profile prod');
  });

  it('says key and request at a terminal where there is something to go on with, dim and last', async () => {
    const TTY = { isTTY: true, colour: false };
    const line = 'idempotency key key-1, request 4bf92f3577b34da6a3ce929d0e0e4736';
    const interrupted = run({ outcome: 'interrupted', resume });
    assert.equal((await print(interrupted, {}, TTY)).stderr.lines.at(-1), line);
    assert.equal((await print(interrupted, { debug: true }, TTY)).stderr.lines.at(-1), `next: ${resume}`);
    assert.equal((await print(interrupted)).stderr.lines.at(-1), `next: ${resume}`);
    assert.equal((await print(run(), {}, TTY)).stderr.text, '✓ restart of iggy completed on 1 of 1 node\n');
  });

  it('names ten nodes at most, and comes at once for 100,000', async () => {
    const many = run({ outcome: 'rejected', nodes: nodes(12, { status: 'rejected' }) });
    assert.match(
      (await print(many)).stderr.lines[0] ?? '',
      /: 12 of 12 nodes rejected it \((\d+, ){9}\d+ and 2 more\)$/,
    );
    const absent = Array.from({ length: 100_000 }, () => missing({ node_id: null }));
    const { stderr } = await print(run({ outcome: 'unconfirmed', nodes: absent }), { format: 'ndjson' });
    assert.match(stderr.text, /100000 of 100000 nodes missing/);
  });

  it('comes after the error that ended the following', async () => {
    const error = new LdctlError('unconfirmed', 'sight_lost', 'no good poll for 60s', { requestId: 'req-1' });
    assert.deepEqual((await print(run({ outcome: 'unconfirmed', nodes: [node(unseen)] }), { error })).stderr.lines, [
      'error: no good poll for 60s',
      'code sight_lost, request req-1',
      `✗ restart of iggy: 1 of 1 node not seen yet (${NODE})`,
    ]);
  });
});

describe('the result of a run as data', () => {
  const JSON_TEXT =
    '{"outcome":"completed","runtime":"iggy","action":"restart","deployment_id":"42","idempotency_key":"key-1",' +
    '"targets":"named","replayed":false,"recovered":false,"request_id":"4bf92f3577b34da6a3ce929d0e0e4736",' +
    '"nodes":[{"node_id":"610809900976570889","activity_id":"7261845022003200001","status":"completed",' +
    '"created_at":"2026-03-16T12:00:00.000Z","finished_at":"2026-03-16T12:00:04.800Z","ambiguous":false}],"resume":null}';
  const ERROR_TEXT =
    '"error":{"code":"sight_lost","message":"no good poll for 60s","exit_code":7,"request_id":null,"hint":null}';
  const error = new LdctlError('unconfirmed', 'sight_lost', 'no good poll for 60s');

  it('is a line of NDJSON, with the error beside the result', async () => {
    const { stdout, settled } = await print(run(), { format: 'ndjson', error });
    assert.equal(stdout.text, `{"event":"result",${JSON_TEXT.slice(1, -1)},${ERROR_TEXT}}\n`);
    assert.equal(settled, true);
  });

  it('is the same in JSON and YAML', async () => {
    for (const format of ['json', 'yaml'] as const) {
      assert.deepEqual(parseYaml((await print(run(), { format })).stdout.text), JSON.parse(JSON_TEXT));
    }
  });

  it('has ids as bare numbers when told', async () => {
    const { stdout } = await print(run(), { format: 'ndjson', numberIds: true });
    assert.match(stdout.text, /"deployment_id":42,.*"node_id":610809900976570889,"activity_id":7261845022003200001,/);
  });

  it('in CSV is a record a node', async () => {
    const result = run({ nodes: [node(), missing({ node_id: 7n, ambiguous: true })] });
    assert.deepEqual((await print(result, { format: 'csv' })).stdout.lines, [
      'node,activity,status,created,finished,took,ambiguous,started,gate',
      '610809900976570889,7261845022003200001,completed,2026-03-16T12:00:00.000Z,2026-03-16T12:00:04.800Z,4.8,false,,',
      '7,,missing,,,,true,,',
    ]);
  });
});

describe('a dry run', () => {
  const request = {
    method: 'POST',
    url: 'https://supervisor.example/deployments/42/activities/iggy/restart',
    body: '{"nodes":[610809900976570889]}',
    idempotency_key: 'key-1.0123456789abcdef0123456789abcdef',
  } as const;
  const place = 'platform/production/sandbox';
  const result = run({ outcome: 'dry_run', request_id: null, nodes: nodes(2, unseen) });

  it('reads as a sentence, and with --debug shows the request', async () => {
    const how = ['1 at a time', 'gate: ./check.sh'];
    const lines = [
      'Would restart iggy on 2 nodes of platform/production/sandbox, 1 at a time, gate: ./check.sh',
      '  610809900976570889',
      '  610809900976570890',
    ];
    const { stdout, stderr } = await print(result, { dryRun: { place, how, requests: [request] } });
    assert.deepEqual([stdout.lines, stderr.text], [lines, '']);
    const all = await print({ ...result, nodes: [] }, { debug: true, dryRun: { place, request } });
    assert.deepEqual(all.stdout.lines, [
      'Would restart iggy on every node of platform/production/sandbox',
      `Request: POST ${request.url} ${request.body}`,
    ]);
  });

  it('in JSON has the request beside the result', async () => {
    const { stdout } = await print(result, { dryRun: { place, request }, format: 'json' });
    const { request: told } = JSON.parse(stdout.text) as { request: unknown };
    assert.deepEqual(told, request);
  });
});

describe('the first line of a run', () => {
  it('says what is done, and names the deployment as best it can', () => {
    assert.deepEqual(
      ['start', 'stop', 'restart', 'reconfigure:7', 'reconfigure'].map((action) => doingText(action, 'iggy')),
      ['Starting iggy', 'Stopping iggy', 'Restarting iggy', 'Reconfiguring iggy to 7', 'Reconfiguring iggy'],
    );
    assert.equal(placeOf({ id: 4n, name: 'sandbox', path: 'a/b/sandbox' }), 'a/b/sandbox');
    assert.equal(placeOf({ id: 4n, name: 'sandbox' }), 'sandbox');
    assert.equal(placeOf({ id: 4n, name: null }), 'deployment 4');
  });
});
