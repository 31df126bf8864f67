import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cleanEnvironment } from '../helpers/ldctl.js';
import { loadedBy } from '../helpers/loaded.js';

/** Only for those who are asked something, change a profile, wait at a terminal, or name the format. */
const SELDOM = ['inquirer', '@inquirer/core', 'conf', 'ajv', 'ora', 'log-update', 'yaml', 'csv-stringify'];
/** Only for those who ask a server. */
const ASKING = ['got', '@sindresorhus/is', 'https-proxy-agent'];

const CASES = [
  {
    what: 'the version',
    args: ['--version'],
    never: [...SELDOM, ...ASKING, '@oclif/core', 'cli-table3'],
    modules: 8,
    kB: 40,
  },
  { what: 'help', args: ['--help'], never: [...SELDOM, ...ASKING, 'cli-table3', 'valibot'], modules: 20, kB: 400 },
  { what: 'the list of profiles', args: ['profiles', 'list'], never: [...SELDOM, ...ASKING], modules: 35, kB: 550 },
  { what: 'the activity log', args: ['activities', 'list'], never: SELDOM, modules: 30, kB: 800 },
  {
    what: 'a trigger',
    args: ['activities', 'trigger', 'iggy', 'restart', '--yes'],
    never: SELDOM,
    modules: 35,
    kB: 950,
  },
];

/** Counts, and no times: they are the same on every machine. */
describe('what is loaded', function () {
  this.timeout(120_000);
  let folder: string;
  let env: NodeJS.ProcessEnv;

  // Says no at once: by then everything is loaded.
  const server = createServer((_request, answer) => answer.writeHead(401).end());

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ldctl-start-'));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    env = {
      ...cleanEnvironment(folder),
      LD_API_KEY: 'ld_pk_4f9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c',
      LD_DEPLOYMENT_ID: '7',
      LD_SUPERVISOR_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    };
  });
  after(() => {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  for (const { what, args, never, modules, kB } of CASES) {
    it(`for ${what} is no library that it does not need, and not much`, async () => {
      const loaded = await loadedBy(args, env);
      assert.deepEqual(
        never.filter((name) => loaded.packages.has(name)),
        [],
      );
      assert.ok(loaded.modules > 0 && loaded.modules <= modules, `${loaded.modules} modules`);
      assert.ok(loaded.bytes <= kB * 1000, `${loaded.bytes} bytes`);
    });
  }

  it('for a format is its library, and for a request got', async () => {
    const { packages } = await loadedBy(['activities', 'list', '-o', 'yaml'], env);
    assert.deepEqual(
      ['got', 'yaml', 'csv-stringify'].filter((name) => packages.has(name)),
      ['got', 'yaml'],
    );
  });
});
