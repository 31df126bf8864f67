import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parse as parseYaml } from 'yaml';
import { type Activity } from '../../../src/base/activity.js';
import { LdctlError, UsageError } from '../../../src/base/errors.js';
import { parseJson } from '../../../src/base/json.js';
import { plainText } from '../../../src/base/text.js';
import { loadFormat } from '../../../src/output/formats.js';
import { escapeInJson } from '../../../src/output/formats/json.js';
import { printList } from '../../../src/output/list.js';
import { activityColumns } from '../../../src/output/rows.js';
import { FORMAT_NAMES, type PrintOptions } from '../../../src/output/streams.js';
import { memoryOutput } from '../../helpers/memory-output.js';
import { readAs } from '../../helpers/readers.js';
import { activity, HOSTILE, written } from './support/samples.js';

type Batches<T> = AsyncIterable<readonly T[]> | Iterable<readonly T[]>;
const spec = { noun: 'activities', columns: activityColumns };

/** As they come from a log of 218 entries. */
async function* parts<T>(
  batches: Batches<T>,
): AsyncGenerator<{ entries: readonly T[]; total: number }> {
  for await (const entries of batches) yield { entries, total: 218 };
  yield { entries: [], total: 218 };
}

async function print<T extends Activity>(
  batches: Batches<T>,
  wanted: Partial<PrintOptions>,
  output = memoryOutput(),
): Promise<string> {
  await printList(written(output, wanted), parts(batches), spec);
  return output.stdout.text;
}

before(() => Promise.all(FORMAT_NAMES.map(loadFormat)));

const lost = new LdctlError('unreachable', 'timeout', 'no answer in 15s');

/** A read that breaks off after this many entries. */
async function* breakingOff(
  items: readonly Activity[],
  error: unknown = lost,
): AsyncGenerator<Activity[]> {
  for (const item of items) yield await Promise.resolve([item]);
  throw error;
}

it('a list of whole items keeps fields and numbers that are not known', async () => {
  const item = '{"id":"1","load":1.10,"new":{"a":[1e400]}}';
  const text = await print([[parseJson(item) as Activity]], { format: 'json' });
  assert.equal(text, `{"items":[\n${item}\n],"total_results":218}\n`);
});

it('a list in YAML quotes a bare =, which PyYAML refuses', async () => {
  const text = await print([[parseJson('{"id":"1","note":"=","=":"=="}') as Activity]], {
    format: 'yaml',
  });
  assert.equal(text, 'items:\n- id: "1"\n  note: "="\n  "=": ==\ntotal_results: 218\n');
});

describe('a list in CSV', () => {
  it('quotes what has to be, gives a spreadsheet no formula to run, and stays one line a record', async () => {
    const items = ['a,"b"', '=HYPERLINK("x")', HOSTILE].map((status) => activity({ status }));
    const text = await print([items], { format: 'csv', columns: ['status', 'id'], header: false });
    const lines = text.split('\n');
    assert.deepEqual(lines.slice(0, 2), [
      '"a,""b""",7261845022003200001',
      '"\'=HYPERLINK(""x"")",7261845022003200001',
    ]);
    assert.equal(lines.length, 4);
    assert.match(lines[2] ?? '', /^[ -~]+$/);
  });
});

for (const format of FORMAT_NAMES) {
  describe(`a list in ${format}`, () => {
    it('is the same in whatever batches it comes', async () => {
      const items = [
        activity({ id: 3n }),
        activity({ id: 2n, note: `${HOSTILE},\n` }),
        activity({ id: 1n }),
      ];
      const whole = await print([items], { format });
      assert.equal(await print([[], items.slice(0, 1), [], items.slice(1), []], { format }), whole);
    });

    it('that fails before its first item, or has an unknown column, leaves stdout alone, for the error', async () => {
      const output = memoryOutput();
      await assert.rejects(print(breakingOff([]), { format }, output), lost);
      await assert.rejects(
        print(breakingOff([]), { format, columns: ['colour'] }, output),
        UsageError,
      );
      assert.deepEqual([output.stdout.text, output.complete], ['', false]);
    });

    it('ends quietly, and ends the reading, when its reader goes away', async () => {
      const output = memoryOutput();
      let ended = false;
      const endless = (function* (): Generator<Activity[]> {
        try {
          for (;;) {
            if (output.stdout.text.length > 0) output.stdout.close();
            yield [activity()];
          }
        } finally {
          ended = true;
        }
      })();
      await print(endless, { format }, output);
      await print(breakingOff([activity()], output.stdout.gone.reason), { format }, output);
      assert.deepEqual([ended, output.stderr.text], [true, '']);
    });
  });
}

/** First and last of each range that a terminal acts on, or does not show. */
const UNSAFE = [
  ...[
    '\u0000',
    '\t',
    '\n',
    '\r',
    '\u001b',
    '\u001f',
    '\u007f',
    '\u0080',
    '\u0085',
    '\u009b',
    '\u009f',
  ],
  ...[
    '\u2028',
    '\u2029',
    '\u061c',
    '\u200e',
    '\u200f',
    '\u202a',
    '\u202e',
    '\u2066',
    '\u2069',
    '\u206a',
    '\u206f',
  ],
  ...[
    '\u00ad',
    '\u200b',
    '\u2060',
    '\u2064',
    '\ufeff',
    '\u3164',
    '\u115f',
    '\uffa0',
    '\u180e',
    '\ufff9',
    '\ufffb',
  ],
  ...['\u{e0001}', '\u{e0020}', '\u{e007f}'],
];
const SHOWN = [
  'a b',
  'é',
  'ü',
  '日本',
  'نص',
  'می‌خواهم',
  '👩‍💻',
  '❤️',
  '葛\u{e0100}',
  '\u{1f600}',
  '\u00a0',
  '…',
  '–',
];

it('text for a terminal is without what it acts on or does not show, and keeps the rest', () => {
  for (const character of UNSAFE) {
    assert.equal(plainText(`a${character}b`), 'a b', `U+${character.codePointAt(0)?.toString(16)}`);
  }
  for (const text of SHOWN) assert.equal(plainText(text), text);
  for (const text of [...UNSAFE, ...SHOWN].map((characters) => `a${characters}b`)) {
    const json = escapeInJson(JSON.stringify(text));
    assert.deepEqual([JSON.parse(json), plainText(json)], [text, json]);
  }
});

/**
 * Each of these means something to a reader of YAML or JSON, to a terminal, or to the runner of
 * GitHub Actions.
 */
const PIECES = [
  // oxfmt-ignore
  ...['=', '~', '<<', 'yes', 'no', 'on', 'y', 'null', 'true', '0o7', '07', '0x1f', '1e3', '1_0', '1:30', '.inf', '.nan', '.', '-'],
  // oxfmt-ignore
  ...['- ', '? ', ': ', ':', ' #', '#', '&a', '*a', '!', '!!int', '|', '>', '%', '@', '`', '"', "'", '\\', '[', ']', '{', '}', ','],
  ...[
    '##[error]',
    '::error::',
    '\n::',
    '##',
    '---',
    '...',
    '2026-03-16',
    'T12:00:00Z',
    'a',
    'word ',
    ' ',
    '\u{1f600}',
  ],
  // What YAML must write in another way, since it is too long for a simple name once it is written.
  ...['x'.repeat(2000), '\u0001'.repeat(500), `${'é'.repeat(1100)}: `],
  ...UNSAFE,
];
const oddText = fc.oneof(
  fc.array(fc.constantFrom(...PIECES), { maxLength: 6 }).map((pieces) => pieces.join('')),
  fc.string({ unit: 'grapheme' }),
);

for (const format of ['json', 'ndjson', 'yaml'] as const) {
  it(`any text, as a name and as a value, reads back in ${format} as it was, and is no command`, async () => {
    const readsBack = async (text: string): Promise<void> => {
      const item = {
        id: 1n,
        [`_${text}`]: text,
        nested: { [`_${text}`]: [text, { text }] },
        note: text,
      };
      const output = memoryOutput();
      // Two batches: in YAML the second starts where the text of the first ends.
      const texts = { noun: 'texts', columns: [] };
      const part = { entries: [item], total: 2 };
      await printList(written(output, { format }), [part, part], texts);
      const listed =
        format === 'ndjson' ? [item, item] : { items: [item, item], total_results: 2n };
      assert.deepEqual(readAs(format, output.stdout.text), listed);
      assert.doesNotMatch(output.stdout.text, /##\[|^[^\S\n]*::|[^\P{Cc}\n]/mu);
    };
    for (const text of PIECES) await readsBack(text);
    await fc.assert(fc.asyncProperty(oddText, readsBack), { numRuns: 300 });
  }).timeout(60_000);
}

it('a number in YAML is one to readers of either version', async () => {
  for (const number of ['1e3', '-2E-7', '1.50e+10', '12E5', '0.10']) {
    const output = memoryOutput();
    const items = [parseJson(`{"load":${number}}`)];
    const loads = { noun: 'loads', columns: [] };
    const part = { entries: items, total: null };
    await printList(written(output, { format: 'yaml' }), [part], loads);
    for (const version of ['1.1', '1.2'] as const) {
      assert.deepEqual(parseYaml(output.stdout.text, { version }), {
        items: [{ load: Number(number) }],
      });
    }
  }
});
