import assert from 'node:assert/strict';
import ActivitiesList from '../../src/commands/activities/list.js';
import ActivitiesShow from '../../src/commands/activities/show.js';
import ActivitiesStats from '../../src/commands/activities/stats.js';
import ProfilesShow from '../../src/commands/profiles/show.js';
import Whoami from '../../src/commands/whoami.js';
import { CommandBench, entry } from '../helpers/command.js';

const ID = 18446744073709551615n;
const AT = '2026-06-01T11:30:00Z';

describe('the time of something, where the zone is not UTC,', () => {
  const zone = process.env.TZ;
  let bench: CommandBench;
  beforeEach(() => {
    process.env.TZ = 'Asia/Kolkata';
    bench = new CommandBench();
  });
  afterEach(() => {
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
    bench.close();
  });

  const showEntry = () => bench.showLog(() => [entry({ id: ID, node_id: 7n, created_at: AT })]);
  const addProfile = () => bench.addProfile({ expires_at: AT });
  const asProfile = async () => {
    await addProfile();
    bench.core
      .get('/tenants/7261845022003200007/api_keys/context')
      .times(2)
      .reply(200, {
        ...{ id: 1, name: 'me', user_id: 2, role_id: 3, role_name: 'admin', expiry_at: AT },
        permissions: { tenant: [], division: [], environment: [], divisions: {} },
      });
    bench.core.get('/tenants/7261845022003200007/structure').times(2).reply(403);
  };
  for (const [name, setUp, show] of [
    ['activities list', showEntry, () => bench.run(ActivitiesList, '--columns created')],
    ['activities show', showEntry, () => bench.run(ActivitiesShow, String(ID))],
    ['activities stats', showEntry, () => bench.run(ActivitiesStats)],
    ['profiles show', addProfile, () => bench.run(ProfilesShow, 'prod')],
    ['whoami', asProfile, () => bench.run(Whoami, '--profile prod')],
  ] as const) {
    it(`is local at a terminal, and UTC with a Z elsewhere: ${name}`, async () => {
      await setUp();
      for (const [screen, time] of [
        [120, /2026-06-01 17:00:00(?!Z)/],
        [null, /2026-06-01 11:30:00Z/],
      ] as const) {
        bench.screen = screen;
        const { stdout, stderr } = await show();
        assert.match(stdout, time, stderr);
      }
    });
  }
});
