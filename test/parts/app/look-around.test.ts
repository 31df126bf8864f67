import assert from 'node:assert/strict';
import { roll, trigger } from '../../../src/app/jobs.js';
import { check, rollRequest, triggerRequest } from '../../../src/app/requests.js';
import { surveyInTime } from '../../../src/app/survey.js';
import { openLog } from '../../../src/log/log.js';
import { DEPLOYMENT } from '../../helpers/virtual-server.js';
import { clock, connection, EVERY, RESTART, ROLL, setUp, supervisor } from './bench.js';

const LATE = { exitCode: 6, code: 'timeout', message: 'the log could not be read in time' };
const { signal } = new AbortController();
const TOOLS = { signal, emit: () => undefined };

describe('what a roll reads before its first POST has a minute in all', () => {
  beforeEach(() => {
    setUp();
    supervisor.onRead = async (page, _query, { signal: ended }) => {
      for (let left = 40_000; left > 0; left -= 250) await clock.sleep(250, ended);
      return page;
    };
  });

  for (const [what, ifBusy] of [
    ['the look around before its question', 'ignore'],
    ['its own look for busy nodes', 'fail'],
  ] as const) {
    it(`with ${what}`, async () => {
      const own = { ...connection, log: openLog(supervisor, DEPLOYMENT, clock) };
      const request = check(rollRequest, 'roll', { ...ROLL, nodes: [1n], ifBusy });
      const isAsked = ifBusy === 'ignore';
      const found = isAsked ? await clock.run(surveyInTime(own, request, signal)) : null;
      await assert.rejects(clock.run(roll(own, request, TOOLS, found)), LATE);
      assert.deepEqual(
        { after: clock.elapsed(), sent: supervisor.posts },
        { after: 60_000, sent: [] },
      );
    });
  }
});

describe('what a trigger has looked up for the question whether every node is meant', () => {
  it('is no reason to wait for the number of nodes where some of them were picked then', async () => {
    setUp();
    const counter = { isCertain: true, start: () => () => Promise.resolve(null) };
    const own = { ...connection, counter, log: openLog(supervisor, DEPLOYMENT, clock) };
    const requestOf = (request: object) => check(triggerRequest, 'trigger', request);
    const found = await clock.run(surveyInTime(own, requestOf(EVERY), signal));
    counter.start = () => () => assert.fail('it counts');
    const { exitCode } = await clock.run(trigger(own, requestOf(RESTART), TOOLS, { found }));
    assert.equal(exitCode, 0);
  });
});
