import assert from 'node:assert/strict';
import fc from 'fast-check';
import stringWidth from 'string-width';
import { MAX_ID, type Id } from '../../../src/base/ids.js';
import {
  afterKey,
  pickedNodes,
  pickerFrame,
  startPicking,
  type NodeChoice,
  type Picking,
} from '../../../src/cli/asking/node-picker.js';
import { terminalPrompts } from '../../../src/cli/asking/prompts.js';
import { memoryOutput } from '../../helpers/memory-output.js';
import { TypedTerminal } from '../../helpers/typed-terminal.js';

const UP = '\u001b[A';
const DOWN = '\u001b[B';
const TAB = '\t';
const [HOME, END] = ['\u001b[H', '\u001b[F'];
const [PAGE_UP, PAGE_DOWN] = ['\u001b[5~', '\u001b[6~'];
const BACKSPACE = '\u007f';

/** The first has a name. Their ids are those at the end of 64 bits. */
const FIRST = MAX_ID - 49n;
const FIFTY: readonly NodeChoice[] = Array.from({ length: 50 }, (_, index) => ({
  node: FIRST + BigInt(index),
  label: index === 0 ? 'broker-1' : String(FIRST + BigInt(index)),
  state: index === 2 ? 'running 3d, start rejected 2h ago' : 'running 3d',
  words: ['running', 'start', index === 2 ? 'rejected' : 'completed'],
}));

const typing = (text: string): string[] => Array.from(text);

describe('the picker of nodes', () => {
  let stop: AbortController;
  beforeEach(() => (stop = new AbortController()));
  // What nobody answered listens to the process until then.
  afterEach(() => stop.abort());

  async function play(
    keys: readonly string[],
    size: { columns?: number; rows?: number } = {},
  ): Promise<{ lines: string[]; picked: Id[] | null }> {
    const terminal = new TypedTerminal(size);
    const prompts = terminalPrompts(terminal, stop.signal) ?? assert.fail('no one to ask');
    let picked: Id[] | null = null;
    const asking = prompts.nodes('On which nodes of orders?', FIFTY);
    asking.then((nodes) => (picked = nodes)).catch(() => undefined);
    await terminal.shows(/❯/);
    await terminal.type(...keys);
    return { picked, lines: await terminal.lines() };
  }

  for (const [what, keys, nodes] of [
    ['space', [' ', '\r'], [0]],
    ['down and space', [DOWN, ' ', '\r'], [1]],
    ['up beyond the first', [UP, UP, DOWN, ' ', '\r'], [1]],
    ['the last, by End', [END, DOWN, ' ', '\r'], [49]],
    ['the first again, by Home', [END, HOME, ' ', '\r'], [0]],
    ['ten further, by PageDown', [PAGE_DOWN, ' ', '\r'], [10]],
    ['ten back, by PageUp, and no further than the first', [END, PAGE_UP, ' ', '\r'], [39]],
    ['what was rejected last', [...typing('rej'), TAB, '\r'], [2]],
    ['space twice, then another', [' ', ' ', DOWN, ' ', '\r'], [1]],
    ['a name in any case', [...typing('ROKER'), ' ', '\r'], [0]],
    ['a part of the id of a named node', [...typing(String(FIRST).slice(-4)), ' ', '\r'], [0]],
    ['the end of an id', [...typing(String(FIRST + 7n).slice(-3)), ' ', '\r'], [7]],
    [
      'the ends of two ids, one after the other, in the order of the list',
      [
        ...typing(String(FIRST + 7n).slice(-3)),
        ' ',
        ...typing(String(FIRST + 4n).slice(-3)),
        ' ',
        '\r',
      ],
      [4, 7],
    ],
    ['a filter that was corrected', [...typing('brokers'), BACKSPACE, ' ', '\r'], [0]],
    ['tab on what is filtered', [...typing('broker'), TAB, '\r'], [0]],
    ['tab on all of them', [TAB, '\r'], FIFTY.map((_, index) => index)],
    ['tab twice, then the first', [TAB, TAB, ' ', '\r'], [0]],
    [
      'tab, without one',
      [TAB, DOWN, ' ', '\r'],
      [0, ...FIFTY.keys()].slice(1).filter((n) => n !== 1),
    ],
  ] as Array<[string, string[], number[]]>) {
    it(`takes ${what}`, async () => {
      const { picked, lines } = await play(keys);
      assert.deepEqual(
        picked,
        nodes.map((index) => FIRST + BigInt(index)),
      );
      assert.deepEqual(lines, [`? On which nodes of orders?  ${nodes.length} of 50 chosen`]);
    });
  }

  it('says when no node matches, and space chooses none then, also within what is pasted', async () => {
    const end = String(FIRST + 7n);
    for (const keys of [typing('nosuch '), typing(`nosuch ${end} `)]) {
      const { lines, picked } = await play([...keys, '\r']);
      assert.ok(lines.includes('No node matches.'));
      assert.ok(!lines.join().includes('◉'));
      assert.equal(picked, null);
    }
  });

  it('redraws in place at 40 columns and 8 rows', async () => {
    const { lines } = await play([DOWN, ' ', DOWN, ' '], { columns: 40, rows: 8 });
    assert.deepEqual(lines, [
      '? On which nodes of orders?',
      '2 of 50 chosen',
      ' ↑ 2 above',
      `❯◉ ${FIRST + 2n}  running 3d, s…`,
      ' ↓ 47 below',
      'type to filter · ↑↓ move · space choose',
      '· tab all · enter done',
    ]);
  });

  it('draws nothing wider or higher than the screen, and the active node is always there', () => {
    const text = fc.constantFrom('running 3d', '停止 2h, 開始 rejected 3s ago', '');
    const rows = fc
      .array(text, { minLength: 1, maxLength: 60 })
      .map((states) =>
        states.map(
          (state, index) => ({ ...FIFTY[index % 50], state, node: BigInt(index) }) as NodeChoice,
        ),
      );
    const keys = fc.array(
      fc.constantFrom('up', 'down', 'end', 'pageup', 'space', '1', 'b', 'return'),
    );
    fc.assert(
      fc.property(
        rows,
        keys,
        fc.integer({ min: 20, max: 120 }),
        fc.integer({ min: 5, max: 60 }),
        (nodes, pressed, columns, rows) => {
          const picking = pressed.reduce<Picking>(
            (so, name) =>
              afterKey(so, { name, ctrl: false, shift: false }, name.length === 1 ? name : ''),
            startPicking(nodes),
          );
          const { stderr } = memoryOutput({ columns, rows });
          const lines = pickerFrame(picking, '? Which?', stderr).join('\n').split('\n');
          assert.ok(lines.length < rows, `${lines.length} lines`);
          assert.ok(lines.every((line) => stringWidth(line) < columns));
          const isThere = lines.some((line) => line.startsWith('❯') || line === 'No node matches.');
          assert.ok(isThere, lines.join('\n'));
          assert.equal(pickedNodes(picking).length, picking.chosen.size);
        },
      ),
    );
  });
});
