import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Ended } from '../helpers/ldctl.js';
import { reply, startServer, type SeenRequest } from '../helpers/server.js';
import { withScene, type Scene } from '../helpers/scene.js';
import { sideBySide } from '../helpers/side-by-side.js';
import { createAuthority } from '../http/certificates.js';
import { startProxy } from '../http/proxy-server.js';

const KEY = `ld_pk_${'7aQ'.repeat(11)}`;
const PASSWORD = 'hunter2-and-more';
const EVERY_SECTION = 'http,net,https,tls,stream,*';
const LIST = ['activities', 'list', '--debug'];
const EMPTY_LOG = reply(200, { items: [], page: 1, total_results: 0, total_pages: 0 });

/** A secret as text, as base64, and as Node shows the bytes of a buffer. */
function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret.slice(0, 24));
  return [secret.slice(6, 24), bytes.toString('base64').slice(0, 24), bytes.toString('hex').replace(/..(?=.)/g, '$& ')];
}

function assertAbsent(secret: string, texts: Record<'stdout' | 'stderr', string>): void {
  for (const form of formsOf(secret)) {
    for (const text of [texts.stdout, texts.stderr]) {
      const at = text.indexOf(form);
      assert.equal(at, -1, `it shows ${text.slice(Math.max(at - 200, 0), at + 100)}`);
    }
  }
}

/** An https server for `supervisor.test` and this machine, and the environment that makes a process trust it. */
async function serveTls({ folder, env }: Scene) {
  const authority = createAuthority('ldctl test authority');
  const file = join(folder, 'authority.pem');
  writeFileSync(file, authority.cert);
  env.NODE_EXTRA_CA_CERTS = file;
  return startServer(EMPTY_LOG, { tls: authority.issue(['supervisor.test', '127.0.0.1']) });
}

describe('under NODE_DEBUG, what Node prints holds no key', function () {
  this.timeout(300_000);

  const debugged = { NODE_DEBUG: EVERY_SECTION, LD_API_KEY: KEY };

  const assertListed = (ended: Ended, requests: readonly SeenRequest[]): void => {
    assert.equal(ended.code, 0, ended.stderr.slice(-1000));
    assert.equal(requests[0]?.headers['ld-api-key'], KEY);
    assertAbsent(KEY, ended);
  };

  // Whatever a server of a test is for, it is closed before anything is asserted, or a failure would keep it open.
  sideBySide({
    'over http, whichever section is on': () =>
      withScene({}, async (scene) => {
        const server = await startServer(EMPTY_LOG);
        const run = (section: string) =>
          scene.ldctl(LIST, { ...debugged, NODE_DEBUG: section, LD_SUPERVISOR_URL: server.url });
        const all = [await run('http'), await run('net'), await run('stream'), await run(EVERY_SECTION)];
        await server.close();
        for (const ended of all) assertListed(ended, server.requests);
      }),

    'in a trigger that is followed to its end': () =>
      withScene({}, async (scene) => {
        const args = ['activities', 'trigger', 'iggy', 'restart', '--node', `${scene.nodes[0]}`, '--debug'];
        const ended = await scene.ldctl(args, { NODE_DEBUG: EVERY_SECTION });
        assert.equal(ended.code, 0, ended.stderr.slice(-1000));
        assert.match(ended.stderr, /HTTP \d+/);
        assertAbsent(scene.env.LD_API_KEY ?? '', ended);
      }),

    'over https': () =>
      withScene({}, async (scene) => {
        const server = await serveTls(scene);
        const ended = await scene.ldctl(LIST, { ...debugged, LD_SUPERVISOR_URL: server.url });
        await server.close();
        assertListed(ended, server.requests);
        assert.match(ended.stderr, /TLS \d+/);
      }),

    "through a proxy, nor the proxy's password": () =>
      withScene({}, async (scene) => {
        const server = await serveTls(scene);
        const proxy = await startProxy(server.port);
        const ended = await scene.ldctl(LIST, {
          ...debugged,
          LD_SUPERVISOR_URL: 'https://supervisor.test',
          HTTPS_PROXY: proxy.url.replace('//', `//ci:${PASSWORD}@`),
        });
        proxy.close();
        await server.close();
        assertListed(ended, server.requests);
        assertAbsent(PASSWORD, ended);
        assertAbsent(`ci:${PASSWORD}`, ended);
      }),

    'nor its bytes where it would be read from a pipe: that is refused': () =>
      withScene({}, async (scene) => {
        const program = join(scene.folder, 'print-key');
        writeFileSync(program, `#!/bin/sh\necho ${KEY}\n`, { mode: 0o700 });
        const add = ['profiles', 'add', 'prod', '--tenant-id', '1', '--supervisor-url', scene.url, '--deployment', '7'];
        const byCommand = [...add, '--no-verify', '--key-store', 'command', '--key-command', program];
        const env = { LD_API_KEY: undefined };
        const piped = scene.start([...add, '--no-verify', '--key-store', 'file', '--api-key-stdin'], {
          ...env,
          NODE_DEBUG: 'stream',
        });
        const refused = [await piped.input(KEY).ended()];
        assert.equal((await scene.ldctl(byCommand, env)).code, 0);
        refused.push(await scene.ldctl([...LIST, '--profile', 'prod'], { ...env, NODE_DEBUG: '*' }));
        for (const ended of refused) {
          assert.equal(ended.code, 2, ended.stderr.slice(-1000));
          assert.match(ended.stderr, /^error: with NODE_DEBUG as it is set/m);
          assertAbsent(KEY, ended);
        }
      }),
  });
});
