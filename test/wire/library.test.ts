import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { connect, connectProfile, LdctlError } from '../../src/index.js';
import { Run } from '../helpers/ldctl.js';
import { LOADER } from '../helpers/loader.js';
import { startSandbox, type RunningSandbox } from '../../src/sandbox/index.js';

const RESTART = { runtime: 'iggy', action: 'restart' } as const;

describe('a program that acts by a profile', () => {
  let server: RunningSandbox | undefined;
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ldctl-library-'));
  });
  afterEach(async () => {
    await server?.stop();
    server = undefined;
    rmSync(folder, { recursive: true });
  });

  async function serve(): Promise<RunningSandbox> {
    return (server = await startSandbox({ appearMs: 0, workMs: 50 }));
  }

  /** A config with one profile whose key is in it. */
  function writeProfile(sandbox: RunningSandbox, more: object = {}): Record<string, string> {
    const profile = {
      name: 'prod',
      ...{
        tenant_id: String(sandbox.tenantId),
        api_url: sandbox.apiUrl,
        deployment_name: 'sandbox',
      },
      key: { store: 'file', api_key: sandbox.apiKey },
      ...more,
    };
    writeFileSync(
      join(folder, 'config.json'),
      JSON.stringify({ version: 1, current: 'prod', profiles: [profile] }),
      {
        mode: 0o600,
      },
    );
    return { LDCTL_CONFIG_DIR: folder };
  }

  it('finds what the commands find', async () => {
    const sandbox = await serve();
    const env = writeProfile(sandbox);
    const deployment = await connectProfile('prod', { env });
    assert.equal(deployment.id, sandbox.deploymentId);
    const result = await deployment.trigger({ ...RESTART, nodes: sandbox.nodeIds, wait: false });
    assert.equal(result.outcome, 'accepted');
    assert.equal((await connectProfile(undefined, { env })).id, deployment.id);
  });

  it('acts on a protected one only where its deployment is named', async () => {
    const sandbox = await serve();
    const env = writeProfile(sandbox, { protected: true });
    for (const confirm of [undefined, 'prod', '']) {
      const deployment = await connectProfile('prod', { env, confirm });
      await assert.rejects(deployment.trigger({ ...RESTART, nodes: sandbox.nodeIds }), {
        exitCode: 2,
      });
      await assert.rejects(deployment.roll({ ...RESTART, nodes: sandbox.nodeIds }), {
        exitCode: 2,
      });
    }
    assert.equal(sandbox.record.posts.length, 0);
    const deployment = await connectProfile('prod', { env, confirm: 'sandbox' });
    assert.equal(
      (await deployment.trigger({ ...RESTART, nodes: sandbox.nodeIds, wait: false })).outcome,
      'accepted',
    );
  });

  it('acts by no variable on what a stored profile protects', async () => {
    const sandbox = await serve();
    const { tenantId, apiKey, supervisorUrl } = sandbox;
    const env = {
      ...writeProfile(sandbox, { protected: true, deployment_id: String(sandbox.deploymentId) }),
      ...{ LD_API_KEY: apiKey, LD_TENANT_ID: String(tenantId), LD_SUPERVISOR_URL: supervisorUrl },
    };
    const act = async (deploymentId: bigint) => {
      const variables = { ...env, LD_DEPLOYMENT_ID: String(deploymentId) };
      const deployment = await connectProfile(undefined, { env: variables });
      return deployment.trigger({ ...RESTART, nodes: sandbox.nodeIds, wait: false });
    };
    await assert.rejects(act(sandbox.deploymentId), { code: 'consent_missing', exitCode: 2 });
    // The sandbox's only log is another deployment's than this one.
    await assert.rejects(act(7n), { exitCode: 5 });
    assert.equal(sandbox.record.posts.length, 0);
  });

  it('prints nothing, whatever its key command does', async () => {
    const sandbox = await serve();
    const command = `echo unlocked >&2&& echo ${sandbox.apiKey}`;
    const env = writeProfile(sandbox, { key: { store: 'command', command } });
    const library = import.meta.resolve('../../src/index.js');
    const program = `import { connectProfile } from ${JSON.stringify(library)}; console.log((await connectProfile('prod')).id);`;
    const node = [
      process.execPath,
      ['--no-warnings', ...LOADER, '--input-type=module', '-e', program],
      env,
    ] as const;
    const { stdout, stderr } = await new Run(...node).input().ended();
    assert.deepEqual([stdout, stderr], [`${sandbox.deploymentId}n\n`, '']);
  });

  it('is thrown what is missing', async () => {
    const sandbox = await serve();
    const env = writeProfile(sandbox);
    await assert.rejects(connectProfile('staging', { env }), { exitCode: 5 });
  });

  it('reads of no flag in an error, since a program has none', async () => {
    const env = writeProfile(await serve());
    for (const [name, what, exitCode] of [
      ['', /^there is no profile ""$/, 5],
      ['ld_pk_0123456789', /^the name of the profile holds what looks like/, 2],
    ] as const) {
      await assert.rejects(connectProfile(name, { env }), (error: LdctlError) => {
        assert.match(error.message, what);
        assert.equal(error.exitCode, exitCode);
        return !/--/.test(error.message + String(error.hint));
      });
    }
  });
});

describe('what a program connects to', () => {
  const options = {
    supervisorUrl: 'https://supervisor.example',
    deploymentId: 7n,
    apiKey: 'ld_pk_k',
  };
  const refused = (changes: object, pattern: RegExp): void =>
    assert.throws(
      () => connect({ ...options, ...changes }),
      (error: LdctlError) =>
        error instanceof LdctlError && error.exitCode === 2 && pattern.test(error.message),
    );

  it('is checked without a request', () => {
    assert.equal(connect(options).id, 7n);
    refused({ supervisorUrl: 'http://supervisor.example' }, /supervisorUrl/);
    refused({ supervisorUrl: 'nonsense' }, /supervisorUrl/);
    refused({ supervisorUrl: undefined }, /supervisorUrl/);
    refused({ deploymentId: 7 }, /deploymentId: an id is a bigint/);
    refused({ deploymentId: '7' }, /deploymentId/);
    refused({ apiKey: '' }, /apiKey/);
    refused({ apiKey: 'two words' }, /apiKey/);
    refused({ tenantId: 7 }, /tenantId/);
    refused({ journal: '' }, /journal/);
    refused({ key: 'x' }, /key: there is no such field/);
  });

  it('does not show a key that is refused', () => {
    assert.throws(
      () => connect({ ...options, apiKey: 'secret key' }),
      (error) => !inspect(error, { depth: null }).includes('secret key'),
    );
  });
});
