import assert from 'node:assert/strict';
import ActivitiesWait from '../../src/commands/activities/wait.js';
import { CommandBench, entry } from '../helpers/command.js';
import { parseJson } from '../helpers/readers.js';

const FIRST = entry({ id: 7301845022003200001n, node_id: 7n });
const SECOND = entry({
  id: 7301845022003200002n,
  node_id: 18446744073709551615n,
  runtime: 'connectors',
  status: 'rejected',
});
const FOREVER = '--timeout 0 -o json';

interface Result {
  nodes: Array<{ activity_id: bigint; status: string }>;
}

describe('activities wait', () => {
  let bench: CommandBench;
  beforeEach(() => (bench = new CommandBench()));
  afterEach(() => bench.close());

  describe('without an id, at a terminal', () => {
    beforeEach(() => (bench.isTerminal = true));

    it('follows what is processing, and that alone', async () => {
      const running = { ...SECOND, status: 'processing', finished_at: null };
      let reads = 0;
      bench.showLog(() => [(reads += 1) < 4 ? running : SECOND, FIRST]);
      const { stdout } = await bench.ends(3, ActivitiesWait, FOREVER);
      assert.deepEqual(
        (parseJson(stdout) as Result).nodes.map(({ activity_id, status }) => [activity_id, status]),
        [[SECOND.id, 'rejected']],
      );
    });

    it('is done where nothing is', async () => {
      bench.showLog([SECOND, FIRST]);
      const { code, stdout, stderr } = await bench.run(ActivitiesWait);
      assert.deepEqual([code, stdout], [0, '']);
      assert.match(stderr, /^nothing is processing$/m);
    });

    it('refuses the log of another deployment', async () => {
      bench.showLog([{ ...SECOND, deployment_id: 9n }]);
      const { stderr } = await bench.ends(6, ActivitiesWait);
      assert.match(stderr, /^error: .*deployment 9\b/m);
    });
  });
});
