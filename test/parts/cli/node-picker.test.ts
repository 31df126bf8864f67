import assert from 'node:assert/strict';
import fc from 'fast-check';
import stringWidth from 'string-width';
import { MAX_ID, type Id } from '../../../src/base/ids.js';
import { Interrupted } from '../../../src/base/errors.js';
import {
  afterKey,
  pickedNodes,
  pickerFrame,
  startPicking,
  type NodeRow,
  type Picking,
} from '../../../src/cli/node-picker.js';
import { terminalPrompts, Unanswered } from '../../../src/cli/prompts.js';
import { TypedTerminal } from '../../helpers/typed-terminal.js';

const never = new AbortController().signal;
const UP = '\u001b[A';
const DOWN = '\u001b[B';
const CTRL_A = '\u0001';
const BACKSPACE = '\u007f';

/** The first has a name. Their ids are those at the end of 64 bits. */
const FIRST = MAX_ID - 49n;
const FIFTY: readonly NodeRow[] = Array.from({ length: 50 }, (_, index) => ({
  node: FIRST + BigInt(index),
  label: index === 0 ? 'broker-1' : String(FIRST + BigInt(index)),
  state: index === 2 ? 'running 3d, start rejected 2h ago' : 'running 3d',
}));

const typing = (text: string): string[] => Array.from(text);

describe('the picker of nodes', () => {
  async function play(
    keys: readonly string[],
    size: { columns?: number; rows?: number } = {},
    rows = FIFTY,
  ): Promise<{ lines: string[]; picked: Id[] | null; failed: unknown }> {
    const terminal = new TypedTerminal(size);
    const prompts = terminalPrompts(terminal, never) ?? assert.fail('no one to ask');
    const end = { picked: null as Id[] | null, failed: null as unknown };
    prompts.nodes('On which nodes of orders?', rows).then(
      (nodes) => (end.picked = nodes),
      (error: unknown) => (end.failed = error),
    );
    await terminal.shows(/❯/);
    await terminal.type(...keys);
    return { ...end, lines: await terminal.lines() };
  }

  for (const typed of ['912', '1', 'ai', 'a', 'i']) {
    it(`chooses nothing when ${typed} is typed, and Enter stays in it`, async () => {
      const { lines, picked, failed } = await play([...typing(typed), '\r']);
      assert.equal(lines[0], `? On which nodes of orders?  0 of 50 chosen, filter: ${typed}`);
      assert.ok(!lines.join().includes('◉'));
      assert.match(lines.join(), /None is chosen yet/);
      assert.deepEqual([picked, failed], [null, null]);
    });
  }

  it('has nothing chosen at first, and says which keys there are', async () => {
    const { lines } = await play([]);
    assert.equal(lines[0], '? On which nodes of orders?  0 of 50 chosen');
    assert.equal(lines[1], '❯◯ broker-1              running 3d');
    assert.equal(lines[3], ` ◯ ${FIRST + 2n}  running 3d, start rejected 2h ago`);
    assert.equal(lines.at(-1), 'type to filter · ↑↓ move · space choose · ctrl-a all · enter done');
  });

  for (const [what, keys, nodes] of [
    ['space', [' ', '\r'], [0]],
    ['down and space', [DOWN, ' ', '\r'], [1]],
    ['up beyond the first', [UP, UP, DOWN, ' ', '\r'], [1]],
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
    ['ctrl-a on what is filtered', [...typing('broker'), CTRL_A, '\r'], [0]],
    ['ctrl-a on all of them', [CTRL_A, '\r'], FIFTY.map((_, index) => index)],
    ['ctrl-a twice, then the first', [CTRL_A, CTRL_A, ' ', '\r'], [0]],
    [
      'ctrl-a, without one',
      [CTRL_A, DOWN, ' ', '\r'],
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

  it('scrolls, and says what is above and below', async () => {
    const { lines } = await play(Array.from({ length: 30 }, () => DOWN));
    assert.ok(lines.includes(`❯◯ ${FIRST + 30n}  running 3d`));
    assert.match(lines[1] ?? '', /^ ↑ 21 above$/);
    assert.match(lines.at(-2) ?? '', /^ ↓ 10 below$/);
  });

  it('says when no node matches, and space chooses none then, also within what is pasted', async () => {
    const end = String(FIRST + 7n);
    for (const keys of [typing('nosuch '), typing(`nosuch ${end} `)]) {
      const { lines, picked } = await play([...keys, '\r']);
      assert.ok(lines.includes('No node matches.'));
      assert.ok(!lines.join().includes('◉'));
      assert.equal(picked, null);
    }
  });

  it('is left by Ctrl-C, and by Ctrl-D', async () => {
    assert.deepEqual((await play([' ', '\u0003'])).failed, new Interrupted('SIGINT'));
    assert.deepEqual((await play([' ', '\u0004'])).failed, new Unanswered());
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
      '· ctrl-a all · enter done',
    ]);
  });

  it('draws nothing wider or higher than the screen, and the active node is always there', () => {
    const text = fc.constantFrom('running 3d', '停止 2h, 開始 rejected 3s ago', '');
    const rows = fc
      .array(text, { minLength: 1, maxLength: 60 })
      .map((states) =>
        states.map(
          (state, index) => ({ ...FIFTY[index % 50], state, node: BigInt(index) }) as NodeRow,
        ),
      );
    const keys = fc.array(fc.constantFrom('up', 'down', 'space', '1', 'b', 'return'));
    fc.assert(
      fc.property(
        rows,
        keys,
        fc.integer({ min: 20, max: 120 }),
        fc.integer({ min: 5, max: 60 }),
        (nodes, pressed, columns, height) => {
          const picking = pressed.reduce<Picking>(
            (so, name) =>
              afterKey(so, { name, ctrl: false, shift: false }, name.length === 1 ? name : ''),
            startPicking(nodes),
          );
          const screen = { columns, rows: height, colour: false };
          const lines = pickerFrame(picking, '? Which?', screen).join('\n').split('\n');
          assert.ok(lines.length < height, `${lines.length} lines`);
          assert.ok(lines.every((line) => stringWidth(line) < columns));
          const isThere = lines.some((line) => line.startsWith('❯') || line === 'No node matches.');
          assert.ok(isThere, lines.join('\n'));
          assert.equal(pickedNodes(picking).length, picking.chosen.size);
        },
      ),
    );
  });
});
