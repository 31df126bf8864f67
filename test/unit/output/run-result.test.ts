import assert from 'node:assert/strict';
import { parse as parseYaml } from 'yaml';
import { LdctlError, UsageError } from '../../../src/base/errors.js';
import { type ResultFields } from '../../../src/base/outcome.js';
import { memoryOutput, type MemoryOutput, type Terminal } from '../../../src/output/memory-output.js';
import { checkRunResultOptions, printRunResult, type RunResultOptions } from '../../../src/output/run-result.js';
import { HOSTILE, missing, node, NODE, options, run } from './support/samples.js';

async function print(
  result: ResultFields,
  wanted: Partial<RunResultOptions> = {},
  terminal: Partial<Terminal> = {},
): Promise<MemoryOutput> {
  const output = memoryOutput(terminal);
  await printRunResult(output, result, { ...options(), quiet: false, tookMs: 12_000, ...wanted });
  return output;
}

async function summary(result: ResultFields, wanted: Partial<RunResultOptions> = {}): Promise<string[]> {
  return (await print(result, wanted)).stderr.lines;
}

const nodes = (count: number, fields = {}): ResultFields['nodes'] =>
  Array.from({ length: count }, (_, index) => node({ node_id: NODE + BigInt(index), ...fields }));

const mixed = run({
  outcome: 'timed_out',
  nodes: [
    ...nodes(5),
    node({ node_id: 16n, status: 'processing', finished_at: null }),
    node({ node_id: 17n, status: 'rejected' }),
    missing({ node_id: 18n }),
    node({ node_id: 19n, activity_id: null, status: null, created_at: null, finished_at: null }),
  ],
  resume:
    'ldctl activities wait --after 7261845022003200000 --runtime iggy --action restart ' +
    '--node 16 --node 18 --node 19',
});

describe('the summary of a run', () => {
  it('comes at once for 100,000 nodes that are missing', async () => {
    const absent = Array.from({ length: 100_000 }, () => missing({ node_id: null }));
    const [line] = await summary(run({ outcome: 'unconfirmed', targets: 'expected', nodes: absent }), {
      format: 'ndjson',
    });
    assert.match(line ?? '', /^✗ 100000 of 100000 nodes missing /);
  });
});

describe('the result of a run as a table', () => {
  it('has a row a node', async () => {
    assert.deepEqual((await print(mixed)).stdout.lines, [
      'NODE                ACTIVITY             STATUS      TOOK',
      '610809900976570889  7261845022003200001  completed   4.8s',
      '610809900976570890  7261845022003200001  completed   4.8s',
      '610809900976570891  7261845022003200001  completed   4.8s',
      '610809900976570892  7261845022003200001  completed   4.8s',
      '610809900976570893  7261845022003200001  completed   4.8s',
      '16                  7261845022003200001  processing  -',
      '17                  7261845022003200001  rejected    4.8s',
      '18                  -                    missing     -',
      '19                  -                    -           -',
    ]);
  });

  it('says which are ambiguous, if any is', async () => {
    assert.deepEqual((await print(run({ nodes: [node(), node({ node_id: 1n, ambiguous: true })] }))).stdout.lines, [
      'NODE                ACTIVITY             STATUS     TOOK  AMBIGUOUS',
      '610809900976570889  7261845022003200001  completed  4.8s  -',
      '1                   7261845022003200001  completed  4.8s  yes',
    ]);
  });

  it('takes --columns, which are checked before anything is sent', async () => {
    const wanted = { columns: ['status', 'node', 'ambiguous'] };
    checkRunResultOptions(options(wanted));
    assert.equal((await print(run(), wanted)).stdout.lines[1], 'completed  610809900976570889  -');
    assert.throws(() => checkRunResultOptions(options({ columns: ['colour'] })), UsageError);
  });

  it('is coloured at a terminal, and loses the activity at 40 columns rather than break', async () => {
    const { stdout } = await print(run({ nodes: [node(), missing()] }), {}, { isTTY: true, columns: 40 });
    assert.deepEqual(stdout.lines, [
      '\u001B[1mNODE\u001B[22m                \u001B[1mSTATUS\u001B[22m     \u001B[1mTOOK\u001B[22m',
      '610809900976570889  \u001B[32mcompleted\u001B[39m  4.8s',
      '610809900976570889  \u001B[31mmissing\u001B[39m    -',
    ]);
  });

  it('says "not started" of a node that a roll did not reach', async () => {
    const { stdout } = await print(run({ outcome: 'halted', nodes: [missing({ status: 'not_started' })] }));
    assert.match(stdout.lines[1] ?? '', / {2}not started {2}-$/);
  });
});

describe('the summary of a run', () => {
  it('says what completed, and how long it took', async () => {
    assert.deepEqual(await summary(run({ nodes: nodes(3) })), ['✓ restart of iggy completed on 3 of 3 nodes in 12s']);
    assert.deepEqual(await summary(run()), ['✓ restart of iggy completed on 1 of 1 node in 12s']);
  });

  it('names what went wrong, the worst first, and how to take it up again', async () => {
    assert.deepEqual(await summary(mixed), [
      '✗ 1 of 9 nodes rejected: 17; 1 missing: 18; 1 still processing: 16; 1 not seen yet: 19 ' +
        '(restart of iggy timed out after 12s)',
      'hint: A missing node has no entry in the log: check its id, and that it is up. One that is slow needs a longer ' +
        '--appear-timeout.',
      'to take it up again: ldctl activities wait --after 7261845022003200000 --runtime iggy --action restart ' +
        '--node 16 --node 18 --node 19',
    ]);
  });

  it('says what to do about a node that has left, where the log alone says which there are', async () => {
    const hint = async (targets: 'named' | 'expected' | 'observed'): Promise<string> =>
      (await summary(run({ outcome: 'unconfirmed', targets, nodes: [node(), missing()] }))).find((line) =>
        line.startsWith('hint: '),
      ) ?? '';
    assert.match(await hint('observed'), / If it has left the deployment, .*--expect-nodes deployment/);
    for (const targets of ['named', 'expected'] as const)
      assert.doesNotMatch(await hint(targets), /left the deployment/);
  });

  it('does not wrap the command, however narrow the terminal', async () => {
    const { stderr } = await print(mixed, {}, { isTTY: true, columns: 40 });
    assert.equal(stderr.lines.at(-1), `to take it up again: ${mixed.resume ?? ''}`);
  });

  it('names ten nodes at most', async () => {
    const [line] = await summary(run({ outcome: 'rejected', nodes: nodes(12, { status: 'rejected' }) }));
    assert.match(line ?? '', /^✗ 12 of 12 nodes rejected: (\d+, ){9}\d+ and 2 more \(restart of iggy rejected/);
  });

  it('counts nodes that were expected and never seen', async () => {
    const result = run({ outcome: 'unconfirmed', targets: 'expected', nodes: [node(), missing({ node_id: null })] });
    assert.deepEqual(await summary(result), ['✗ 1 of 2 nodes missing (restart of iggy unconfirmed after 12s)']);
  });

  it('names activities that were asked for by their ids, and not seen, by these', async () => {
    const gone = [7n, 8n].map((id) => missing({ node_id: null, activity_id: id }));
    const result = run({ outcome: 'unconfirmed', action: null, runtime: null, nodes: gone });
    assert.deepEqual(await summary(result), [
      '✗ 2 of 2 activities missing: activity 7, activity 8 (the run unconfirmed after 12s)',
    ]);
  });

  const endings: Array<[string, ResultFields, string]> = [
    ['unknown fate', run({ outcome: 'unconfirmed', nodes: [] }), '✗ restart of iggy unconfirmed after 12s'],
    ['interrupt', run({ outcome: 'interrupted', nodes: [] }), '✗ restart of iggy interrupted after 12s'],
    ['--no-wait', run({ outcome: 'accepted', request_id: 'req-1' }), '✓ restart of iggy accepted (request req-1)'],
    ['dry run', run({ outcome: 'dry_run', nodes: [] }), '✓ restart of iggy not sent: this was a dry run'],
    ['several triggers', run({ runtime: null, action: null }), '✓ the run completed on 1 of 1 node in 12s'],
    [
      'gate',
      run({ outcome: 'halted', nodes: [node(), missing({ node_id: 7n, status: 'not_started' })] }),
      '✗ 1 of 2 nodes not started: 7 (restart of iggy halted by its gate after 12s)',
    ],
    [
      'status that is not known yet',
      run({ outcome: 'timed_out', nodes: [node({ status: `odd${HOSTILE}` })] }),
      '✗ 1 of 1 node odd [2J [31mred  2J  next esrever: 610809900976570889 (restart of iggy timed out after 12s)',
    ],
  ];
  for (const [title, result, expected] of endings) {
    it(`of ${title}`, async () => assert.deepEqual(await summary(result), [expected]));
  }

  it('is coloured at a terminal', async () => {
    const { stderr } = await print(run(), {}, { isTTY: true });
    assert.equal(stderr.text, '\u001B[32m✓\u001B[39m restart of iggy completed on 1 of 1 node in 12s\n');
  });

  it('with --quiet is left out for a success, and for a success only', async () => {
    assert.deepEqual(await summary(run({ outcome: 'accepted', resume: 'ldctl …' }), { quiet: true }), []);
    assert.equal((await summary(mixed, { quiet: true })).length, 3);
  });

  it('comes after the error that ended the following', async () => {
    const error = new LdctlError('unconfirmed', 'sight_lost', 'no good poll for 60s', { requestId: 'req-1' });
    assert.deepEqual((await summary(run({ outcome: 'unconfirmed' }), { error })).slice(0, 2), [
      'error: no good poll for 60s (sight_lost, request req-1)',
      '✗ restart of iggy unconfirmed after 12s',
    ]);
  });
});

describe('the result of a run as data', () => {
  const JSON_TEXT =
    '{"outcome":"completed","runtime":"iggy","action":"restart","deployment_id":42,"idempotency_key":"key-1",' +
    '"targets":"named","replayed":false,"recovered":false,"request_id":"4bf92f3577b34da6a3ce929d0e0e4736",' +
    '"nodes":[{"node_id":610809900976570889,"activity_id":7261845022003200001,"status":"completed",' +
    '"created_at":"2026-03-16T12:00:00.000Z","finished_at":"2026-03-16T12:00:04.800Z","ambiguous":false}],"resume":null}';
  const ERROR_TEXT =
    '"error":{"code":"sight_lost","message":"no good poll for 60s","exit_code":7,"request_id":null,"hint":null}';
  const error = new LdctlError('unconfirmed', 'sight_lost', 'no good poll for 60s');

  /** Without the white space between tokens; no string of the sample holds any that this would touch. */
  const compact = (text: string): string => text.replace(/\n */g, '').replace(/": /g, '":');

  it('in JSON has the keys of the design, in its order, and no others', async () => {
    const result = run({ nodes: [{ ...node(), since: 1 } as ResultFields['nodes'][number]] });
    const shuffled = Object.fromEntries(Object.entries(result).reverse()) as unknown as ResultFields;
    assert.equal(compact((await print(shuffled, { format: 'json' })).stdout.text), JSON_TEXT);
  });

  it('in JSON has the error beside it', async () => {
    const { stdout } = await print(run(), { format: 'json', error });
    assert.equal(compact(stdout.text), `${JSON_TEXT.slice(0, -1)},${ERROR_TEXT}}`);
  });

  it('in NDJSON is one line, the last event', async () => {
    const { stdout } = await print(run(), { format: 'ndjson', error });
    assert.equal(stdout.text, `{"event":"result",${JSON_TEXT.slice(1, -1)},${ERROR_TEXT}}\n`);
  });

  it('in YAML is the same', async () => {
    const { stdout } = await print(run(), { format: 'yaml' });
    const json = JSON.parse(JSON_TEXT.replaceAll(/\d{18,}/g, '"$&"')) as unknown;
    assert.deepEqual(parseYaml(stdout.text.replaceAll(/\d{18,}/g, '"$&"')), json);
    assert.match(stdout.text, /^ {2}- node_id: 610809900976570889$/m);
  });

  it('has ids as strings when told', async () => {
    const { stdout } = await print(run(), { format: 'ndjson', numberIds: false });
    assert.match(stdout.text, /"deployment_id":"42"/);
    assert.match(stdout.text, /"node_id":"610809900976570889","activity_id":"7261845022003200001"/);
  });

  it('in CSV is a record a node', async () => {
    const result = run({ nodes: [node(), missing({ node_id: 7n, ambiguous: true })] });
    const { stdout } = await print(result, { format: 'csv' });
    assert.deepEqual(stdout.lines, [
      'node,activity,status,created,finished,took,ambiguous,started,gate',
      '610809900976570889,7261845022003200001,completed,2026-03-16T12:00:00.000Z,2026-03-16T12:00:04.800Z,4.8,false,,',
      '7,,missing,,,,true,,',
    ]);
  });

  it('settles stdout', async () => {
    assert.equal((await print(run(), { format: 'json' })).settled, true);
  });

  it('comes with its summary on stderr in every format', async () => {
    for (const format of ['json', 'yaml', 'csv', 'ndjson'] as const) {
      assert.deepEqual(await summary(run(), { format }), ['✓ restart of iggy completed on 1 of 1 node in 12s']);
    }
  });
});

describe('a dry run', () => {
  const request = {
    method: 'POST',
    url: 'https://supervisor.example/deployments/42/activities/iggy/restart',
    body: '{"nodes":[610809900976570889]}',
    idempotency_key: 'key-1.0123456789abcdef0123456789abcdef',
  } as const;
  const result = run({
    outcome: 'dry_run',
    request_id: null,
    replayed: null,
    recovered: null,
    nodes: [node({ activity_id: null, status: null, created_at: null, finished_at: null })],
  });

  it('as a table shows the request, and the nodes', async () => {
    assert.deepEqual((await print(result, { request })).stdout.lines, [
      'method           POST',
      'url              https://supervisor.example/deployments/42/activities/iggy/restart',
      'idempotency key  key-1.0123456789abcdef0123456789abcdef',
      'body             {"nodes":[610809900976570889]}',
      '',
      'NODE                ACTIVITY  STATUS  TOOK',
      '610809900976570889  -         -       -',
    ]);
  });

  it('for every node, of none of which is known, shows the request alone', async () => {
    const { stdout, stderr } = await print({ ...result, nodes: [] }, { request: { ...request, body: '{}' } });
    assert.equal(stdout.lines.at(-1), 'body             {}');
    assert.doesNotMatch(stderr.text, /no nodes/);
  });

  it('in JSON has the request beside the result', async () => {
    const { stdout } = await print(result, { request, format: 'ndjson' });
    const text =
      '"resume":null,"request":{"method":"POST",' +
      '"url":"https://supervisor.example/deployments/42/activities/iggy/restart",' +
      String.raw`"body":"{\"nodes\":[610809900976570889]}",` +
      '"idempotency_key":"key-1.0123456789abcdef0123456789abcdef"}}\n';
    assert.ok(stdout.text.endsWith(text), stdout.text);
  });
});
