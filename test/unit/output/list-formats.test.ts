import assert from 'node:assert/strict';
import { parse as parseYaml } from 'yaml';
import { type Activity } from '../../../src/base/activity.js';
import { LdctlError, UsageError } from '../../../src/base/errors.js';
import { parseJson } from '../../../src/base/json.js';
import { activityColumns } from '../../../src/output/activity-columns.js';
import { FORMAT_NAMES, type FormatName } from '../../../src/output/formats.js';
import { printList, printObject, type PrintOptions } from '../../../src/output/list.js';
import { memoryOutput, type MemoryOutput } from '../../helpers/memory-output.js';
import { activity, HOSTILE, LARGEST, NODE, options, processing } from './support/samples.js';

type Items = AsyncIterable<Activity> | Iterable<Activity>;

async function printTo(output: MemoryOutput, items: Items, wanted: Partial<PrintOptions>): Promise<void> {
  const spec = { noun: 'activities', columns: activityColumns, total: () => 218 };
  await printList(output, oneByOne(items), spec, options(wanted));
}

async function* oneByOne(items: Items): AsyncGenerator<Activity[]> {
  for await (const item of items) yield [item];
}

async function print(items: Items, wanted: Partial<PrintOptions>): Promise<string> {
  const output = memoryOutput();
  await printTo(output, items, wanted);
  return output.stdout.text;
}

const lost = new LdctlError('unreachable', 'timeout', 'no answer in 15s', { requestId: 'req-1', hint: 'Try again.' });

/** A read that breaks off after so many entries. */
async function* breakingOff(items: readonly Activity[], error: unknown = lost): AsyncGenerator<Activity> {
  for (const item of items) yield await Promise.resolve(item);
  throw error;
}

const small: Activity = {
  id: LARGEST,
  node_id: NODE,
  runtime: 'iggy',
  action: 'restart',
  status: 'processing',
  created_at: '2026-03-16T12:00:00Z',
};
const entry = (fields: Partial<Activity> = {}): Activity => ({ ...small, ...fields });
const ENTRY_JSON =
  '{"id":"18446744073709551615","node_id":"610809900976570889","runtime":"iggy","action":"restart",' +
  '"status":"processing","created_at":"2026-03-16T12:00:00Z"}';

const ENTRY_YAML =
  '- id: "18446744073709551615"\n  node_id: "610809900976570889"\n  runtime: iggy\n  action: restart\n' +
  '  status: processing\n  created_at: "2026-03-16T12:00:00Z"\n';
const ERROR_JSON =
  '{"code":"timeout","message":"no answer in 15s","exit_code":6,"request_id":"req-1","hint":"Try again."}';
const CSV = { format: 'csv', columns: ['id', 'status'] } as const;
const BARE = /"id":18446744073709551615,"node_id":610809900976570889,/;

const SHAPES: Array<[wanted: Partial<PrintOptions>, two: string, none: string, broken: string, bare: RegExp]> = [
  [
    { format: 'json' },
    `{"items":[\n${ENTRY_JSON},\n${ENTRY_JSON}\n],"total_results":218}\n`,
    '{"items":[],"total_results":218}\n',
    `{"items":[\n${ENTRY_JSON}\n],"error":${ERROR_JSON}}\n`,
    BARE,
  ],
  [{ format: 'ndjson' }, `${ENTRY_JSON}\n${ENTRY_JSON}\n`, '', `${ENTRY_JSON}\n`, BARE],
  [
    { format: 'yaml' },
    `items:\n${ENTRY_YAML}${ENTRY_YAML}total_results: 218\n`,
    'items: []\ntotal_results: 218\n',
    `items:\n${ENTRY_YAML}`,
    /^- id: 18446744073709551615$/m,
  ],
  [
    CSV,
    `id,status\n${LARGEST},processing\n${LARGEST},processing\n`,
    'id,status\n',
    `id,status\n${LARGEST},processing\n`,
    /^18446744073709551615,/m,
  ],
];
for (const [wanted, two, none, broken, bare] of SHAPES) {
  it(`a list in ${wanted.format} has its shape, of nothing too, and where it breaks off`, async () => {
    assert.equal(await print([entry(), entry()], wanted), two);
    assert.equal(await print([], wanted), none);
    const output = memoryOutput();
    await assert.rejects(printTo(output, breakingOff([entry()]), wanted), lost);
    assert.deepEqual([output.stdout.text, output.settled], [broken, true]);
    assert.match(await print([entry()], { ...wanted, numberIds: true }), bare);
  });
}

describe('a list of whole items', () => {
  it('keeps fields and numbers that are not known, whatever --columns says', async () => {
    const item = '{"id":"1","load":1.10,"new":{"a":[1e400]}}';
    const text = await print([parseJson(item) as Activity], { format: 'json', columns: ['id'] });
    assert.equal(text, `{"items":[\n${item}\n],"total_results":218}\n`);
    const odd = parseJson('{"load":1.10,"yes":"no","digits":"007","nothing":null,"on":true}') as object;
    const inYaml = await print([{ ...entry(), ...odd }], { format: 'yaml' });
    assert.match(inYaml, /^ {2}load: 1\.10$/m);
    const { items } = parseYaml(inYaml) as { items: Array<Record<string, unknown>> };
    assert.deepEqual([items[0]?.yes, items[0]?.digits, items[0]?.nothing, items[0]?.on], ['no', '007', null, true]);
  });

  it('holds no character that a terminal would act on, and reads back as it was', async () => {
    for (const format of ['json', 'yaml'] as const) {
      const text = await print([entry({ status: HOSTILE, action: 'a\u202Eb' })], { format });
      assert.doesNotMatch(text, /[^ -~\n]/);
      const { items } = parseYaml(text) as { items: Array<{ status: string; action: string }> };
      assert.deepEqual([items[0]?.status, items[0]?.action], [HOSTILE, 'a\u202Eb']);
    }
  });
});

describe('a list in CSV', () => {
  it('has every column, ids in plain digits, times as given, and the duration in seconds', async () => {
    assert.equal(
      await print([activity(), processing({ author_id: undefined })], { format: 'csv', utc: false }),
      [
        'id,node,runtime,action,status,author,created,finished,took,deployment,environment,division,tenant',
        '7261845022003200001,610809900976570889,iggy,restart,completed,5,2026-03-16T12:00:00.000Z,2026-03-16T12:00:04.800Z,4.8,4,3,2,1',
        '7261845022003200001,610809900976570889,iggy,restart,processing,,2026-03-16T12:00:00.000Z,,,4,3,2,1',
        '',
      ].join('\n'),
    );
  });

  it('quotes what has to be, gives a spreadsheet no formula to run, and stays one line a record', async () => {
    const statuses = ['a,"b"', '=HYPERLINK("x")', HOSTILE];
    const wanted = { format: 'csv', columns: ['status', 'id'], header: false } as const;
    const text = await print(
      statuses.map((status) => activity({ status })),
      wanted,
    );
    const lines = text.split('\n');
    assert.deepEqual(lines.slice(0, 2), ['"a,""b""",7261845022003200001', '"\'=HYPERLINK(""x"")",7261845022003200001']);
    assert.equal(lines.length, 4);
    assert.match(lines[2] ?? '', /^[ -~]+$/);
  });
});

for (const format of FORMAT_NAMES) {
  describe(`a list in ${format}`, () => {
    it('is the same in whatever batches it comes', async () => {
      const items = [entry({ id: 3n }), entry({ id: 2n, note: `${HOSTILE},\n` }), entry({ id: 1n })];
      for (const batches of [[items], [[], items, []], [items.slice(0, 1), [], items.slice(1)]]) {
        const output = memoryOutput();
        await printList(output, batches, { noun: 'activities', columns: activityColumns }, options({ format }));
        assert.equal(output.stdout.text, (await print(items, { format })).replace('218', '3'));
      }
    });

    it('that fails before its first item leaves stdout alone, for the error', async () => {
      const output = memoryOutput();
      await assert.rejects(printTo(output, breakingOff([]), { format }), lost);
      assert.deepEqual([output.stdout.text, output.settled], ['', false]);
    });

    it('refuses an unknown column before it reads anything', async () => {
      let read = false;
      const items = (function* (): Generator<Activity> {
        read = true;
        yield activity();
      })();
      await assert.rejects(printTo(memoryOutput(), items, { format, columns: ['colour'] }), UsageError);
      assert.equal(read, false);
    });

    it('ends quietly, and ends the reading, when its reader goes away', async () => {
      const output = memoryOutput();
      let ended = false;
      const endless = (function* (): Generator<Activity> {
        try {
          for (;;) {
            if (output.stdout.text.length > 0) output.stdout.close();
            yield activity();
          }
        } finally {
          ended = true;
        }
      })();
      await printTo(output, endless, { format });
      assert.deepEqual([ended, output.stderr.text], [true, '']);
    });

    it('ends quietly when the reading is broken off because its reader went away', async () => {
      const output = memoryOutput();
      output.stdout.close();
      await printTo(output, breakingOff([activity()], output.stdout.gone.reason), { format });
      assert.equal(output.settled, false);
    });

    it('reads no further than a slow reader takes it', async () => {
      const output = memoryOutput();
      const release = output.stdout.hold();
      let read = 0;
      const many = (function* (): Generator<Activity> {
        for (; read < 1500; read += 1) yield activity();
      })();
      const printing = printTo(output, many, { format });
      await new Promise(setImmediate);
      const before = read;
      assert.ok(before < 1200, `${before} entries were read ahead`);
      release();
      await printing;
      assert.equal(read, 1500);
    });
  });
}

describe('one thing', () => {
  const value = { id: LARGEST, name: 'prod', protected: true, expires_at: null };
  const fields = [
    { name: 'id', value: LARGEST },
    { name: 'name', value: 'prod' },
    { name: 'protected', value: true },
    { name: 'expires_at', value: null },
  ];
  const expected: Record<FormatName, string> = {
    table: 'id          18446744073709551615\nname        prod\nprotected   yes\nexpires at  -\n',
    json: '{\n  "id": "18446744073709551615",\n  "name": "prod",\n  "protected": true,\n  "expires_at": null\n}\n',
    yaml: 'id: "18446744073709551615"\nname: prod\nprotected: true\nexpires_at: null\n',
    csv: 'id,name,protected,expires_at\n18446744073709551615,prod,true,\n',
    ndjson: '{"id":"18446744073709551615","name":"prod","protected":true,"expires_at":null}\n',
  };
  for (const format of FORMAT_NAMES) {
    it(`prints in ${format}`, async () => {
      const output = memoryOutput();
      await printObject(output, value, fields, options({ format }));
      assert.equal(output.stdout.text, expected[format]);
    });
  }

  it('shows the text that is for people in a table, made harmless, and its value in CSV', async () => {
    const field = [{ name: 'expires_at', value: '2026-12-01', text: `in 3 days${HOSTILE}` }];
    const table = memoryOutput();
    await printObject(table, {}, field, options());
    assert.match(table.stdout.text, /^expires at {2}in 3 days[ -~]*\n$/);
    const csv = memoryOutput();
    await printObject(csv, {}, field, options({ format: 'csv' }));
    assert.equal(csv.stdout.text, 'expires_at\n2026-12-01\n');
  });
});
