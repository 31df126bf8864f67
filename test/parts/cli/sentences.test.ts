import assert from 'node:assert/strict';
import {
  dryRunText,
  headlineText,
  questionOf,
  warningsOf,
  wouldText,
} from '../../../src/cli/acting/sentences.js';
import { entryWith, foundWith, orderWith, ROLL } from '../../helpers/orders.js';

const [A, B, C, D] = [7001n, 7002n, 7003n, 7890n];
const ABC = { here: [A, B, C] };
const VIEW = { isTTY: true, names: new Map([[A, 'broker-1']]), now: 0 };
const ALL = { by: 'all', expect: undefined } as const;

/** One row an order, one column a sentence: all must mean the same nodes. */
const TABLE: ReadonlyArray<{
  order: string;
  is: ReturnType<typeof orderWith>;
  would: string;
  asks: string;
  yes: string;
  headline: string;
  dry: string;
  warns?: string;
}> = [
  {
    order: 'a node by its name',
    is: orderWith({ whom: { by: 'name', nodes: [A] } }),
    would: 'this would restart iggy on 1 node of X',
    asks: 'Restart iggy on node broker-1 of X?',
    yes: 'yes, node broker-1',
    headline: 'Restarting iggy on X: 1 node',
    dry: 'node broker-1 of X',
  },
  {
    order: 'nodes by their ids, one of them busy',
    is: orderWith({
      whom: { by: 'name', nodes: [B, C] },
      found: foundWith(ABC, {
        busy: [entryWith({ node_id: C, action: 'stop', status: 'processing' })],
        serverTime: 3000,
      }),
    }),
    would: 'this would restart iggy on 2 nodes of X',
    asks: 'Restart iggy on 2 nodes of X? Node 7003 is being stopped (3s).',
    yes: 'yes, 2 nodes',
    headline: 'Restarting iggy on X: 2 nodes',
    dry: '2 nodes of X',
  },
  {
    order: 'nodes that were picked',
    is: orderWith({ whom: { by: 'list', nodes: [A, C] }, found: foundWith(ABC) }),
    would: 'this would restart iggy on 2 nodes of X',
    asks: 'Restart iggy on broker-1 and …003 of X?',
    yes: 'yes, 2 nodes',
    headline: 'Restarting iggy on X: 2 nodes',
    dry: '2 nodes of X',
  },
  {
    order: 'more nodes that were picked than a question names',
    is: orderWith({
      whom: { by: 'list', nodes: Array.from({ length: 21 }, (_, index) => A + BigInt(index)) },
    }),
    would: 'this would restart iggy on 21 nodes of X',
    asks: 'Restart iggy on 21 nodes (broker-1 … …021) of X?',
    yes: 'yes, 21 nodes',
    headline: 'Restarting iggy on X: 21 nodes',
    dry: '21 nodes of X',
  },
  {
    order: 'every node, one of which is stopped',
    is: orderWith({
      found: foundWith(ABC, {
        coreCount: 3,
        entries: [entryWith({ node_id: A, action: 'stop', status: 'completed' })],
        serverTime: 360_000,
      }),
    }),
    would: 'this would restart iggy on every node of X',
    asks: 'Restart iggy on all 3 nodes of X? broker-1 is stopped (6m ago): it may reject it.',
    yes: 'yes, all 3 nodes',
    headline: 'Restarting iggy on X: 3 nodes',
    dry: 'all 3 nodes of X',
    warns: 'broker-1 is stopped (6m ago): it may reject it',
  },
  {
    order: 'every node, which Core counts, too',
    is: orderWith({ found: foundWith(ABC, { coreCount: 3 }) }),
    would: 'this would restart iggy on every node of X',
    asks: 'Restart iggy on all 3 nodes of X?',
    yes: 'yes, all 3 nodes',
    headline: 'Restarting iggy on X: 3 nodes',
    dry: 'all 3 nodes of X',
  },
  {
    order: 'every node, and Core counts more',
    is: orderWith({ found: foundWith(ABC, { coreCount: 4 }) }),
    would: 'this would restart iggy on every node of X',
    asks: 'Restart iggy on all 4 nodes of X? (3 are in the log; Core counts 4)',
    yes: 'yes, all 4 nodes',
    headline: 'Restarting iggy on X: 4 nodes',
    dry: 'all 4 nodes of X',
    warns:
      'Core counts 4 nodes; the log of the last 30 days lists 3. This ends with 7 unless the log shows 1 more node',
  },
  {
    order: 'every node, one of which is listed for others only',
    is: orderWith({ found: foundWith({ ...ABC, elsewhere: [D] }, { coreCount: 4 }) }),
    would: 'this would restart iggy on every node of X',
    asks: 'Restart iggy on every node of X: 3, and …890 too if it runs iggy?',
    yes: 'yes, every node',
    headline: 'Restarting iggy on X: 3 nodes, and …890 too if it runs iggy',
    dry: 'every node of X: 3, and …890 too if it runs iggy',
  },
  {
    order: 'every node, of a run that has left a record',
    is: orderWith({ whom: ALL }),
    would: 'this would restart iggy on every node of X',
    asks: 'Restart iggy on every node of X?',
    yes: 'yes, every node',
    headline: 'Restarting iggy on X',
    dry: 'every node of X',
  },
  {
    order: 'a roll on those that the log lists',
    is: orderWith({
      how: ROLL,
      whom: { by: 'log', nodes: [A, B, C] },
      found: foundWith({ ...ABC, elsewhere: [D] }, { coreCount: 3 }),
    }),
    would: 'this would restart iggy, one node at a time, on 3 nodes of X',
    asks: 'Restart iggy, one node at a time, on 3 nodes of X? (not on …890, which has no iggy entry in the last 30 days)',
    yes: 'yes, 3 nodes',
    headline: 'Restarting iggy on X: 3 nodes',
    dry: '3 nodes of X',
    warns: 'Left out: …890, which has no iggy entry in the last 30 days. To include it: --node',
  },
  {
    order: 'a roll that is resumed, two at a time',
    is: orderWith({
      how: { ...ROLL, maxUnavailable: 2 },
      whom: { by: 'record', nodes: [A, B, C] },
      sentBefore: [A],
    }),
    would: 'this would restart iggy, 2 at a time, on 3 nodes of X',
    asks: 'Restart iggy, 2 at a time, on 3 nodes of X? (ldctl does not send it again to broker-1)',
    yes: 'yes, 3 nodes',
    headline: 'Restarting iggy on X: 3 nodes',
    dry: '3 nodes of X',
  },
];

describe('an order is about the same nodes in every sentence', () => {
  for (const { order, is, would, asks, yes, headline, dry, warns } of TABLE) {
    it(order, () => {
      const question = questionOf(is, 'X', VIEW);
      assert.deepEqual(
        {
          would: wouldText(is, 'X'),
          asks: `${question.text}?${question.aside}`,
          yes: question.yes,
          headline: headlineText(is, 'X', VIEW),
          dry: dryRunText(is, 'X', VIEW),
          warns: warningsOf(is, { isAsked: false, isDry: false }, VIEW),
        },
        { would, asks, yes, headline, dry, warns: warns === undefined ? [] : [warns] },
      );
    });
  }
});
