import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parse as parseYaml } from 'yaml';
import { parseJson } from '../../../src/base/json.js';
import { type FormatName } from '../../../src/output/formats.js';
import { printList } from '../../../src/output/list.js';
import { memoryOutput } from '../../helpers/memory-output.js';
import { readAs, type DataFormat } from '../../helpers/readers.js';
import { options } from './support/samples.js';

/** Each of these means something to a reader of YAML or JSON, to a terminal, or to UTF-8. */
const PIECES = [
  ...['\t', ' ', '\n', '\r', '\u0000', '\u001b', '\u007f', '\u0085', '\u009f', '\u2028', '\u2029', '\ufeff'],
  ...['\ud800', '\udc00', '\ufffe', '\uffff', '\u{1ffff}', '\u061c', '\u200b', '\u202e', '\u{e0041}', '\u{1f600}', 'é'],
  // prettier-ignore
  ...['=', '~', '<<', 'yes', 'no', 'on', 'y', 'null', 'true', '0o7', '07', '0x1f', '1e3', '1_0', '1:30', '.inf', '.nan', '.', '-'],
  // prettier-ignore
  ...['- ', '? ', ': ', ':', ' #', '#', '&a', '*a', '!', '!!int', '|', '>', '%', '@', '`', '"', "'", '\\', '[', ']', '{', '}', ','],
  // What the runner of GitHub Actions would act on.
  ...['##[error]', '::error::', '\n::', '##'],
  ...['---', '...', '2026-03-16', 'T12:00:00Z', 'a', 'word '],
];
const oddText = fc.oneof(
  fc.array(fc.constantFrom(...PIECES), { maxLength: 6 }).map((pieces) => pieces.join('')),
  fc.string({ unit: 'binary' }),
);
/** A name that YAML must write in another way, since it is too long for a simple one once it is written. */
const LONG = ['x'.repeat(2000), '\u0001'.repeat(500), `${'é'.repeat(1100)}: `];

/** The text as a name and as a value, alone and in a list, in the middle and at an end. */
const itemOf = (text: string) => ({
  id: 1n,
  [`_${text}`]: text,
  nested: { [`_${text}`]: [text, { text }] },
  note: text,
});

type TextFormat = Exclude<DataFormat, 'csv'>;

async function print(text: string, format: FormatName): Promise<string> {
  const output = memoryOutput();
  // Two batches: in YAML the second begins where the text of the first ends.
  await printList(
    output,
    [[itemOf(text)], [itemOf(text)]],
    { noun: 'texts', columns: [] },
    options({ format, numberIds: false }),
  );
  return output.stdout.text;
}

const listed = (text: string, format: TextFormat): unknown => {
  const items = [itemOf(text), itemOf(text)];
  return format === 'ndjson' ? items : { items, total_results: 2n };
};

for (const format of ['json', 'ndjson', 'yaml'] as const) {
  describe(`any text in ${format}`, function () {
    this.timeout(60_000);

    it('reads back as it was', async () => {
      await fc.assert(
        fc.asyncProperty(oddText, async (text) => {
          const printed = await print(text, format);
          assert.deepEqual(readAs(format, printed), listed(text, format));
          assert.doesNotMatch(printed, /##\[|^[^\S\n]*::/m);
        }),
        { numRuns: 500 },
      );
    });

    for (const text of ['a\tb', '\t', '=', '<<', '\uffff', '\u0085', '\u2028', '\ufeff', '\ud800', '~', '', ...LONG]) {
      it(`reads back as it was: ${JSON.stringify(text).slice(0, 20)}`, async () => {
        assert.deepEqual(readAs(format, await print(text, format)), listed(text, format));
      });
    }
  });
}

describe('a number with an exponent', () => {
  it('in YAML is a number to readers of either version, with the digits that the API wrote', async () => {
    for (const number of ['1e3', '-2E-7', '1.50e+10', '12E5', '0.10']) {
      const output = memoryOutput();
      await printList(
        output,
        [[parseJson(`{"load":${number}}`)]],
        { noun: 'loads', columns: [] },
        options({ format: 'yaml' }),
      );
      for (const version of ['1.1', '1.2'] as const) {
        assert.deepEqual(parseYaml(output.stdout.text, { version }), {
          items: [{ load: Number(number) }],
          total_results: 1,
        });
      }
      assert.equal(output.stdout.text.match(/\d+/)?.[0], number.match(/\d+/)?.[0]);
    }
  });
});
