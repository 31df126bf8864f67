import assert from 'node:assert/strict';
import ActivitiesRoll from '../../src/commands/activities/roll.js';
import ActivitiesTrigger from '../../src/commands/activities/trigger.js';
import { type Activity } from '../../src/base/activity.js';
import { ACTIVITIES, CommandBench, DEPLOYMENT, entry } from '../helpers/command.js';

const TRIGGER = 'iggy restart --no-wait';
const PLACE = `deployment ${DEPLOYMENT}`;
const PATH = `${ACTIVITIES}/iggy/restart`;
const PICK = /^On which nodes of deployment \d+\?/;

const FIRST = 18446744073709541001n;
const nodeAt = (index: number): bigint => FIRST + BigInt(index);

describe('the question about every node', () => {
  let bench: CommandBench;
  let log: Activity[];
  beforeEach(() => {
    bench = new CommandBench();
    bench.isTerminal = true;
    delete bench.env['LD_API_URL'];
    bench.showLog(() => log);
    log = [9, 8, 7, 6, 5].map((age, index) => hoursAgo(age, index));
  });
  afterEach(() => bench.close());

  const ago = (ms: number): string => new Date(bench.clock.now() - ms).toISOString();
  const hoursAgo = (hours: number, index: number, fields: Partial<Activity> = {}): Activity => {
    const at = ago(hours * 3_600_000);
    const id = BigInt(1000 - hours * 10 + index);
    return entry({ id, node_id: nodeAt(index), created_at: at, finished_at: at, ...fields });
  };
  const restarting = (index: number, at = 3000): Activity =>
    hoursAgo(0, index, { status: 'processing', created_at: ago(at), finished_at: null });

  it('has its answers in their places, and last what depends on the moment', async () => {
    bench.answers.push([/./, /^no$/], [/./, /^no$/], [/./, /^no$/]);
    await bench.ends(2, ActivitiesTrigger, TRIGGER);
    log = [restarting(4), ...log];
    await bench.ends(2, ActivitiesTrigger, TRIGGER);
    log = [restarting(3), ...log];
    await bench.ends(2, ActivitiesTrigger, TRIGGER);
    const places = 'no / yes, all 5 nodes / some of them';
    assert.deepEqual(
      bench.asked.map((question) => question.replace(/^.*?: (?=no)/, '')),
      [
        places,
        `${places} / wait for it to finish, then restart all 5 nodes`,
        `${places} / wait for the 2 to finish, then restart all 5 nodes`,
      ],
    );
  });

  it('lets nodes be picked by what they are, and asks about those then', async () => {
    log = [
      hoursAgo(1, 1, { status: 'rejected', action: 'start' }),
      hoursAgo(2, 5, { runtime: 'connectors' }),
      ...log,
    ];
    bench.answers.push([/./, /some/], [PICK, /1001|1003/], [/./, /^yes, 2 nodes$/]);
    bench.supervisor.post(PATH, `{"nodes":[${nodeAt(0)},${nodeAt(2)}]}`).reply(202);
    await bench.ends(0, ActivitiesTrigger, TRIGGER);
    assert.deepEqual(bench.asked.slice(1), [
      `On which nodes of ${PLACE}?: ${[
        `${nodeAt(0)} running 9h`,
        `${nodeAt(1)} running 8h, start rejected 1h ago`,
        `${nodeAt(2)} running 7h`,
        `${nodeAt(3)} running 6h`,
        `${nodeAt(4)} running 5h`,
        `${nodeAt(5)} no iggy entry`,
      ].join(' / ')}`,
      'Restart iggy on …001 and …003?: no / yes, 2 nodes',
    ]);
  });

  for (const [Command, what] of [
    [ActivitiesTrigger, 'Restart iggy'],
    [ActivitiesRoll, 'Restart iggy, one node at a time,'],
  ] as const) {
    for (const [picked, question] of [
      [/1002/, 'on …002?: no / yes, …002'],
      [/100[123]/, 'on …001, …002 and …003?: no / yes, 3 nodes'],
      [/100[1234]/, 'on 4 nodes?: no / yes, 4 nodes'],
      [/./, 'on 5 nodes?: no / yes, 5 nodes'],
    ] as const) {
      it(`of ${Command.name} is no consent to what was picked: ${question}`, async () => {
        bench.answers.push([/./, /some/], [PICK, picked], [/./, /^no$/]);
        const { stderr } = await bench.ends(2, Command, 'iggy restart');
        assert.equal(bench.asked[2], `${what} ${question}`);
        assert.match(stderr, /^Nothing was sent\.$/m);
      });
    }
  }

  it('speaks only of the busy nodes that were picked', async () => {
    log = [restarting(4), restarting(3), ...log];
    bench.answers.push([/./, /some/], [PICK, /100[14]/], [/./, /^no$/]);
    await bench.ends(2, ActivitiesTrigger, TRIGGER);
    assert.equal(
      bench.asked[2],
      `Restart iggy on …001 and …004? Node ${nodeAt(3)} is being restarted (3s).: ` +
        'no / yes, 2 nodes / wait for it to finish, then restart 2 nodes',
    );
  });

  it('sends the ids of all nodes where all were picked', async () => {
    bench.answers.push([/./, /some/], [PICK, /./], [/./, /^yes, 5 nodes$/]);
    const ids = [0, 1, 2, 3, 4].map(nodeAt).join();
    bench.supervisor.post(PATH, `{"nodes":[${ids}]}`).reply(202);
    await bench.ends(0, ActivitiesTrigger, TRIGGER);
  });
});
