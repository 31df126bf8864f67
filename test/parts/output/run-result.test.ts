import assert from 'node:assert/strict';
import { parse as parseYaml } from 'yaml';
import { LdctlError } from '../../../src/base/errors.js';
import { type NodeResult, type ResultFields } from '../../../src/base/outcome.js';
import {
  checkRunResultOptions,
  printRunResult,
  type RunEnding,
} from '../../../src/output/run-result.js';
import { loadFormat } from '../../../src/output/formats.js';
import { doingText } from '../../../src/output/run-text.js';
import { FORMAT_NAMES, type PrintOptions } from '../../../src/output/streams.js';
import { memoryOutput, type MemoryOutput, type Terminal } from '../../helpers/memory-output.js';
import { HOSTILE, missing, node, NODE, options, run, written } from './support/samples.js';

async function print(
  result: ResultFields,
  wanted: Partial<RunEnding & PrintOptions> = {},
  terminal: Partial<Terminal> = {},
): Promise<MemoryOutput> {
  const output = written(memoryOutput(terminal), wanted);
  await printRunResult(output, result, wanted);
  return output;
}

const nodes = (count: number, fields: Partial<NodeResult> = {}): NodeResult[] =>
  Array.from({ length: count }, (_, index) => node({ node_id: NODE + BigInt(index), ...fields }));
const open = { status: 'processing', finished_at: null };
const unseen = { activity_id: null, status: null, created_at: null, finished_at: null };
const gate = { exit_code: 4, timed_out: false, cut_off: false, took_ms: 1 };
const rejected = node({ node_id: 17n, status: 'rejected' });
const resume = 'ldctl activities wait 7';
const again = 'ldctl activities roll --resume deploy-7';
before(() => Promise.all(FORMAT_NAMES.map(loadFormat)));

const TTY = { isTTY: true, colour: false };

describe('the result of a run as a table', () => {
  it('says which are ambiguous, and how gates ended, if any did', async () => {
    const { stdout } = await print(
      run({ nodes: [node({ gate }), node({ node_id: 1n, ambiguous: true })] }),
    );
    assert.equal(stdout.lines[0]?.slice(41), 'STATUS     TOOK  AMBIGUOUS  GATE');
    assert.equal(stdout.lines[1]?.slice(41), 'completed  4.8s  no         failed with 4');
  });
});

it('unknown columns are refused before anything is sent', () => {
  assert.throws(() => checkRunResultOptions(options({ columns: ['colour'] })), {
    code: 'invalid_columns',
  });
});

/** What support needs. */
const KEY = ['idempotency key key-1', '  request 4bf92f3577b34da6a3ce929d0e0e4736'];

describe('the outcome of a run', () => {
  const byId = { action: null, runtime: null };
  const twoUnknown = [missing({ node_id: null }), missing({ node_id: null })];
  const cases: Array<[what: string, result: Partial<ResultFields>, lines: string[]]> = [
    ['several triggers', byId, ['✓ the run completed on 1 node']],
    [
      'all sorts, the worst first',
      {
        outcome: 'timed_out',
        nodes: [node(open), node(unseen), missing(), rejected, node()],
        resume,
      },
      [
        `✗ restart of iggy: 1 of 5 nodes rejected it (17); 1 missing from the log (${NODE}); ` +
          `1 still processing (${NODE}); 1 not seen yet (${NODE})`,
        'next: ldctl nodes list',
        `or: ${resume}`,
      ],
    ],
    [
      'an unknown fate',
      { outcome: 'unconfirmed', nodes: [] },
      ['✗ restart of iggy: the outcome is unknown', ...KEY],
    ],
    [
      'more nodes than were expected',
      { outcome: 'unconfirmed', targets: 'expected', nodes: nodes(3) },
      ['✗ restart of iggy completed on 3 nodes, more than were expected', ...KEY],
    ],
    [
      'the same on every node',
      { outcome: 'interrupted', replayed: null, targets: 'observed', nodes: [] },
      ['Stopped watching; whether the restart runs is not known.'],
    ],
    [
      'an interrupt before the first entry of what was accepted',
      { outcome: 'interrupted', nodes: [node(unseen)], resume },
      ['Stopped watching; the restart continues.', `next: ${resume}`],
    ],
    [
      'an interrupt of a roll before an entry came',
      { outcome: 'interrupted', replayed: null, nodes: [node({ ...unseen, gate: null })] },
      ['Stopped watching; whether the restart runs is not known.'],
    ],
    [
      'an interrupt that cut off a gate',
      {
        outcome: 'interrupted',
        nodes: [
          node({ gate: { exit_code: null, timed_out: false, cut_off: true, took_ms: 5000 } }),
        ],
        resume: again,
      },
      [
        'Stopped: restart of iggy, 1 node completed, but its gate was cut off after 5s (610809900976570889)',
        `next: ${again}`,
      ],
    ],
    [
      'an interrupt while more nodes may still report',
      { outcome: 'interrupted', nodes: [node()] },
      ['Stopped: restart of iggy, when every node seen had completed'],
    ],
    [
      'an interrupt at the last gate of a roll',
      { outcome: 'interrupted', nodes: [node({ gate: null })] },
      ['Stopped: restart of iggy, before its last gate had passed'],
    ],
    [
      'a node that only Core counts, among others',
      {
        ...{ outcome: 'unconfirmed', targets: 'observed', core_count: 5 },
        nodes: [node(), rejected, missing({ node_id: 18n }), ...twoUnknown],
      },
      [
        '✗ restart of iggy: 1 of 3 nodes rejected it (17); 1 missing from the log (18); 2 of 5 nodes have an entry in the log; Core counts 5',
        'hint: If some nodes never run iggy, name the others next time, with --node.',
        'next: ldctl nodes list',
        ...KEY,
      ],
    ],
    [
      'activities that are known by their ids alone',
      {
        outcome: 'unconfirmed',
        idempotency_key: null,
        ...byId,
        nodes: [7n, 8n].map((id) => missing({ node_id: null, activity_id: id })),
      },
      ['✗ the run: 2 of 2 nodes missing from the log (activity 7, activity 8)'],
    ],
    [
      'a status that is not known yet',
      { outcome: 'timed_out', nodes: [node({ status: `odd${HOSTILE}` })] },
      [`✗ restart of iggy: 1 node odd [2J [31mred  2J  next esrever (${NODE})`],
    ],
  ];
  for (const [what, result, lines] of cases) {
    it(`is printed in a sentence, with what to do next: ${what}`, async () => {
      for (const format of ['table', 'json', 'csv'] as const) {
        assert.deepEqual((await print(run(result), { format })).stderr.lines, lines);
      }
    });
  }

  const rejection = run({ outcome: 'rejected', nodes: [node(), rejected] });
  const stop = { activity_id: 5n, action: 'stop', finished_at: null };

  it('looks at the nodes where more than twenty would have to be named', async () => {
    const ids = Array.from({ length: 21 }, (_, index) => BigInt(index + 1));
    const next = async (some: readonly bigint[]) => {
      const nodes = some.map((id) => node({ node_id: id, status: 'rejected' }));
      const lastCompleted = new Map(some.map((id) => [id, stop]));
      return (await print({ ...rejection, nodes }, { lastCompleted })).stderr.lines.at(-1);
    };
    assert.match((await next(ids.slice(0, 20))) ?? '', /^next: .* start --node "1,2,.*,20"$/);
    assert.equal(await next(ids), 'next: ldctl nodes list');
  });

  it('says that nothing is known of a rejection, and how to do it again after a replay', async () => {
    const lastCompleted = new Map([[17n, null]]);
    const { stderr } = await print({ ...rejection, replayed: true }, { lastCompleted });
    assert.match(stderr.lines[1] ?? '', /^hint: The API and the log give no reason/);
    assert.equal(stderr.lines[2], 'to run it again, use another --idempotency-key');
  });

  it('with --quiet is left out for a success, and for a success only', async () => {
    assert.equal(
      (await print(run({ outcome: 'accepted', resume }), { quiet: true })).stderr.text,
      '',
    );
    const { stderr } = await print(run({ outcome: 'rejected', nodes: [rejected] }), {
      quiet: true,
    });
    assert.equal(stderr.lines.length, 2);
  });

  it('ends with key and request where support needs them, whatever the stream and the flags', async () => {
    const lost = run({ outcome: 'unconfirmed', resume });
    const end = async (result: ResultFields, flags: object, terminal: Partial<Terminal>) =>
      (await print(result, flags, { columns: 120, ...terminal })).stderr.lines.slice(-2);
    for (const terminal of [TTY, {}]) {
      for (const flags of [{}, { debug: true }, { quiet: true }, { format: 'ndjson' }]) {
        assert.deepEqual(await end(lost, flags, terminal), KEY);
      }
      for (const outcome of ['interrupted', 'timed_out', 'accepted'] as const) {
        assert.equal((await end({ ...lost, outcome }, {}, terminal))[1], `next: ${resume}`);
      }
    }
  });

  it('names ten nodes at most, and comes at once for 100,000', async () => {
    const many = run({ outcome: 'rejected', nodes: nodes(12, { status: 'rejected' }) });
    assert.match(
      (await print(many)).stderr.text,
      /: 12 of 12 nodes rejected it \((\d+, ){9}\d+ and 2 more\)\n/,
    );
    const absent = Array.from({ length: 100_000 }, () => missing({ node_id: null }));
    const { stderr } = await print(run({ outcome: 'unconfirmed', nodes: absent }), {
      format: 'ndjson',
    });
    assert.match(stderr.text, /100000 of 100000 nodes missing/);
  });
});

describe('at a terminal a node is called by its name', () => {
  it('in rows and sentences, and not in a command', async () => {
    const output = memoryOutput({ isTTY: true, colour: false });
    output.names = new Map([[NODE, 'broker-1']]);
    const error = new LdctlError('unconfirmed', 'timeout', `node ${NODE} is silent`, {
      hint: `See ldctl activities list --node ${NODE}. Node ${NODE} may be gone.`,
    });
    const result = run({ outcome: 'rejected', nodes: [node({ status: 'rejected' })] });
    await printRunResult(output, result, { ...options(), error });
    assert.match(output.stdout.text, /^broker-1 /m);
    assert.match(output.stderr.text, /^error: node broker-1 is silent$/m);
    assert.match(output.stderr.text, /^✗ .*rejected it \(broker-1\)$/m);
    assert.match(output.stderr.text, new RegExp(`--node ${NODE}\\. Node broker-1 may`));
  });
});

describe('the result of a run as data', () => {
  const JSON_TEXT =
    '{"outcome":"completed","runtime":"iggy","action":"restart","deployment_id":"42","idempotency_key":"key-1",' +
    '"targets":"named","core_count":null,"sent":true,"replayed":false,"recovered":false,"request_id":"4bf92f3577b34da6a3ce929d0e0e4736",' +
    '"nodes":[{"node_id":"610809900976570889","node_name":null,"activity_id":"7261845022003200001","status":"completed",' +
    '"created_at":"2026-03-16T12:00:00.000Z","finished_at":"2026-03-16T12:00:04.800Z","ambiguous":false}],"not_acted_on":[],"resume":null}';

  it('is a line of NDJSON, with the error that ended the following beside it, which is printed on stderr as well', async () => {
    const error = new LdctlError('unconfirmed', 'timeout', 'no answer', { requestId: 'req-1' });
    const { stdout, stderr, complete } = await print(run(), { format: 'ndjson', error });
    const text =
      '{"code":"timeout","message":"no answer","exit_code":7,"request_id":"req-1","hint":null}';
    assert.equal(stdout.text, `{"event":"result",${JSON_TEXT.slice(1, -1)},"error":${text}}\n`);
    assert.deepEqual(stderr.lines.slice(0, 2), ['error: no answer', 'code timeout, request req-1']);
    assert.equal(complete, true);
  });

  it('is the same in JSON and YAML, and has ids as bare numbers when asked', async () => {
    for (const format of ['json', 'yaml'] as const) {
      assert.deepEqual(
        parseYaml((await print(run(), { format })).stdout.text),
        JSON.parse(JSON_TEXT),
      );
    }
    const { stdout } = await print(run(), { format: 'ndjson', numberIds: true });
    assert.match(
      stdout.text,
      /"deployment_id":42,.*"node_id":610809900976570889,"node_name":null,"activity_id":7261845022003200001,/,
    );
  });
});

it('what is done is said by its verb', () => {
  assert.deepEqual(
    ['start', 'stop', 'restart', 'reconfigure:7', 'reconfigure'].map((action) =>
      doingText(action, 'iggy'),
    ),
    [
      'Starting iggy',
      'Stopping iggy',
      'Restarting iggy',
      'Reconfiguring iggy to 7',
      'Reconfiguring iggy',
    ],
  );
});
