import assert from 'node:assert/strict';
import { type NodeResult, type ResultFields } from '../../../src/base/outcome.js';
import { doingText } from '../../../src/output/run-words.js';
import type { SummaryFacts } from '../../../src/output/next-steps.js';
import { summaryText } from '../../../src/output/summary.js';
import { memoryOutput } from '../../helpers/memory-output.js';
import { HOSTILE, missing, node, NODE, run, written } from './support/samples.js';

/** What is said below the table. */
const said = (result: ResultFields, facts: SummaryFacts = {}): string[] =>
  summaryText(written(memoryOutput()), result, facts).split('\n').slice(0, -1);

const nodes = (count: number, fields: Partial<NodeResult> = {}): NodeResult[] =>
  Array.from({ length: count }, (_, index) => node({ node_id: NODE + BigInt(index), ...fields }));
const open = { status: 'processing', finished_at: null };
const unseen = { activity_id: null, status: null, created_at: null, finished_at: null };
const rejected = node({ node_id: 17n, status: 'rejected' });
const resume = 'ldctl activities wait 7';
/** What support needs. */
const KEY = [
  'idempotency key key-1',
  '  request 4bf92f3577b34da6a3ce929d0e0e4736',
  'exit code 7: look before trying again (ldctl help exit-codes)',
];

describe('the outcome of a run', () => {
  const cases: Array<[what: string, result: Partial<ResultFields>, lines: string[]]> = [
    [
      'all sorts, the worst first',
      {
        outcome: 'timed_out',
        nodes: [
          node({ ...open, node_id: 1n }),
          node({ ...unseen, node_id: 2n }),
          missing({ node_id: 3n }),
          rejected,
          node(),
        ],
        resume,
      },
      [
        '✗ restart of iggy: 1 of 5 nodes rejected it (17); 1 missing from the log (3); ' +
          '1 still processing (1); 1 not seen yet (2)',
        'next: ldctl nodes list',
        `or: ${resume}`,
      ],
    ],
    [
      'several activities of one node',
      { outcome: 'rejected', nodes: [rejected, rejected, node({ node_id: 17n }), node()] },
      ['✗ restart of iggy: 1 of 2 nodes rejected it (17)', 'next: ldctl nodes list'],
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
      'an interrupt before the first entry of what was accepted',
      { outcome: 'interrupted', nodes: [node(unseen)], resume },
      ['Stopped watching; the restart continues.', `next: ${resume}`],
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
      'a status that is not known yet',
      { outcome: 'timed_out', nodes: [node({ status: `odd${HOSTILE}`, finished_at: null })] },
      [`✗ restart of iggy: 1 node odd [2J [31mred  2J  next esrever (${NODE})`],
    ],
  ];
  for (const [what, result, lines] of cases) {
    it(`is said in a sentence, with what to do next: ${what}`, () =>
      assert.deepEqual(said(run(result)), lines));
  }

  const rejection = run({ outcome: 'rejected', nodes: [node(), rejected] });
  const stop = { activity_id: 5n, action: 'stop', finished_at: null };

  it('looks at the nodes where more than twenty would have to be named', () => {
    const ids = Array.from({ length: 21 }, (_, index) => BigInt(index + 1));
    const next = (some: readonly bigint[]) => {
      const nodes = some.map((id) => node({ node_id: id, status: 'rejected' }));
      const lastCompleted = new Map(some.map((id) => [id, stop]));
      return said({ ...rejection, nodes }, { lastCompleted }).at(-1);
    };
    assert.match(next(ids.slice(0, 20)) ?? '', /^next: .* start --node "1,2,.*,20"$/);
    assert.equal(next(ids), 'next: ldctl nodes list');
  });

  it('names ten nodes at most, and comes at once for 100,000', () => {
    const many = run({ outcome: 'rejected', nodes: nodes(12, { status: 'rejected' }) });
    assert.match(said(many).join(), /: 12 of 12 nodes rejected it \((\d+, ){9}\d+ and 2 more\),/);
    const absent = Array.from({ length: 100_000 }, () => missing({ node_id: null }));
    const lost = run({ outcome: 'unconfirmed', nodes: absent });
    const [outcome] = said(lost);
    assert.match(outcome ?? '', /100000 of 100000 nodes missing/);
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
