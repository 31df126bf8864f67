import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Ended } from '../helpers/ldctl.js';
import { endsWith, story, wordsOf, type Scene } from '../helpers/scene.js';
import { reply, startServer } from '../helpers/server.js';
import { createAuthority } from '../wire/certificates.js';
import { startProxy } from '../wire/proxy-server.js';

const TRIGGER = 'activities trigger iggy restart';
const LIST = 'activities list --debug';
const KEY = `ld_pk_${'7aQ'.repeat(11)}`;
const PASSWORD = 'hunter2-and-more';
const EMPTY_LOG = reply(200, { items: [], page: 1, total_results: 0, total_pages: 0 });
const EVERY_SECTION = 'http,net,https,tls,stream,*';

/**
 * The secret part alone would be as bad as the whole: as text, as base64, and as Node shows the
 * bytes of a buffer.
 */
function assertAbsent(
  secret: string,
  { stdout, stderr }: Pick<Ended, 'stdout' | 'stderr'>,
  where = '',
): void {
  const text = secret.replace('ld_pk_', '').slice(0, 18);
  const bytes = Buffer.from(secret.slice(0, 24));
  for (const form of [
    text,
    bytes.toString('base64').slice(0, 24),
    bytes.toString('hex').replace(/..(?=.)/g, '$& '),
  ]) {
    for (const said of [stdout, stderr]) {
      const at = said.indexOf(form);
      assert.equal(at, -1, `${where} it shows ${said.slice(Math.max(at - 200, 0), at + 100)}`);
    }
  }
}

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());

/**
 * Looks at the arguments and the environment of every process, again and again. Where there is no
 * /proc, at none.
 */
function watchProcesses(secret: string): () => string[] {
  const found: string[] = [];
  const textOf = (path: string): string => {
    try {
      return readFileSync(path, 'utf8').replaceAll('\0', ' ');
    } catch {
      // It has ended since it was listed, or is another user's.
      return '';
    }
  };
  const look = (): void => {
    const pids =
      process.platform === 'linux' ? readdirSync('/proc').filter((name) => /^\d+$/.test(name)) : [];
    for (const path of pids.flatMap((pid) => [`/proc/${pid}/cmdline`, `/proc/${pid}/environ`])) {
      if (textOf(path).includes(secret)) found.push(path);
    }
  };
  const timer = setInterval(look, 25);
  return () => (clearInterval(timer), found);
}

describe('the API key', () => {
  story(
    'is in no output, with every debugger of all libraries on',
    { dropPosts: 1 },
    async (scene) => {
      const env = { DEBUG: '*', NODE_DEBUG: EVERY_SECTION };
      const ended = await scene.ends(0, `${TRIGGER} --node ${scene.nodes[0]} --debug -o json`, env);
      assert.match(ended.stderr, /^debug: POST /m);
      assert.match(ended.stderr, /HTTP \d+/);
      assertAbsent(scene.sandbox.apiKey, ended);
    },
  );

  story(
    'is in no error, in any format, and none about a key that cannot be one',
    {},
    async (scene) => {
      for (const format of ['table', 'json', 'ndjson']) {
        const args = `${TRIGGER} --node ${scene.nodes[0]} --debug -o ${format}`;
        assertAbsent(KEY, await scene.ends(4, args, { LD_API_KEY: KEY, DEBUG: '*' }));
      }
      assertAbsent(
        KEY,
        await scene.ends(2, 'activities list -o json', { LD_API_KEY: `${KEY}\nsecond line` }),
      );
    },
  );

  // A key of its own: other tests run on this machine, too.
  story(
    'is in no other file, no arguments, and no child’s environment',
    { seed: process.pid },
    async (scene) => {
      const { apiKey: key, tenantId, deploymentId } = scene.forget().sandbox;
      const vault = join(scene.folder, 'vault');
      writeFileSync(vault, key, { mode: 0o600 });
      const target = `--tenant-id ${tenantId} --api-url ${scene.url} --deployment ${deploymentId}`;
      const stop = watchProcesses(key);
      for (const args of [
        `profiles add file --api-key-stdin --key-store file ${target}`,
        [...`profiles add command ${target} --key-command`.split(' '), `cat '${vault}'`],
        'profiles list',
        'profiles show -o json',
        'whoami --debug',
        'whoami --profile command -o yaml',
        `${TRIGGER} --yes --profile command --idempotency-key k --debug`,
        'profiles update command --key-store file',
        'profiles remove command --yes',
      ]) {
        assertAbsent(key, await endsWith(0, scene.start(args, { DEBUG: '*' }).input(key)));
      }
      assert.deepEqual(stop(), [], 'expected none: processes that show the key');
      const config = join(scene.folder, 'config');
      const holders = filesBelow(scene.folder).filter((path) =>
        readFileSync(path, 'utf8').includes(key),
      );
      assert.deepEqual(holders.sort(), [join(config, 'config.json'), vault].sort());
      assert.equal(statSync(config).mode & 0o777, 0o700);
      for (const path of filesBelow(config)) assert.equal(statSync(path).mode & 0o777, 0o600, path);
    },
  );
});

describe('under NODE_DEBUG, what Node prints holds no key', () => {
  const debugged = { NODE_DEBUG: EVERY_SECTION, LD_API_KEY: KEY };

  /**
   * An https server for `supervisor.test` and this machine, and the environment that makes a
   * process trust it.
   */
  async function serveTls({ folder, env }: Scene) {
    const authority = createAuthority('ldctl test authority');
    env.NODE_EXTRA_CA_CERTS = join(folder, 'authority.pem');
    writeFileSync(env.NODE_EXTRA_CA_CERTS, authority.cert);
    return startServer(EMPTY_LOG, { tls: authority.issue(['supervisor.test', '127.0.0.1']) });
  }

  // Whatever a server of a test is for, it is closed before anything is asserted, or a failure
  // would keep it open.
  story("over https, and through a proxy, nor the proxy's password", {}, async (scene) => {
    const server = await serveTls(scene);
    const proxy = await startProxy(server.port);
    const proxied = {
      LD_SUPERVISOR_URL: 'https://supervisor.test',
      HTTPS_PROXY: proxy.url.replace('//', `//ci:${PASSWORD}@`),
    };
    const direct = await scene.ldctl(LIST, { ...debugged, LD_SUPERVISOR_URL: server.url });
    const through = await scene.ldctl(LIST, { ...debugged, ...proxied });
    proxy.close();
    await server.close();
    for (const ended of [direct, through]) {
      assert.equal(ended.code, 0, ended.stderr.slice(-1000));
      for (const secret of [KEY, PASSWORD, `ci:${PASSWORD}`]) assertAbsent(secret, ended);
    }
    assert.match(direct.stderr, /TLS \d+/);
    for (const { headers } of server.requests) assert.equal(headers['ld-api-key'], KEY);
  });

  story('nor its bytes where it would be read from a pipe: that is refused', {}, async (scene) => {
    const program = join(scene.folder, 'print-key');
    writeFileSync(program, `#!/bin/sh\necho ${KEY}\n`, { mode: 0o700 });
    const add = `profiles add prod --no-verify --tenant-id 1 --supervisor-url ${scene.url} --deployment 7`;
    const env = { LD_API_KEY: undefined };
    const stdin = `${add} --key-store file --api-key-stdin`;
    const piped = await endsWith(
      2,
      scene.start(stdin, { ...env, NODE_DEBUG: 'stream' }).input(KEY),
    );
    const command = ['--key-command', `'${program}'`];
    await scene.ends(0, [...wordsOf(add), ...command], env);
    const printed = await scene.ends(2, `${LIST} --profile prod`, { ...env, NODE_DEBUG: '*' });
    for (const ended of [piped, printed]) {
      assert.match(ended.stderr, /^error: NODE_DEBUG is set so that/m);
      assertAbsent(KEY, ended);
    }
  });
});
