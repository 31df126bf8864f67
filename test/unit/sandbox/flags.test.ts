import assert from 'node:assert/strict';
import { Parser } from '@oclif/core';
import { explainPort, readSandboxFlags, sandboxFlags, type SandboxSetup } from '../../../src/cli/sandbox/flags.js';
import { UsageError } from '../../../src/base/errors.js';
import { nodeIds } from '../../../src/sandbox/index.js';

async function setup(...argv: string[]): Promise<SandboxSetup> {
  const { flags } = await Parser.parse(argv, { flags: sandboxFlags });
  return readSandboxFlags(flags, nodeIds);
}

describe('sandbox flags', () => {
  it('default to three healthy nodes, newest first, in short but real time', async () => {
    assert.deepEqual(await setup(), {
      port: undefined,
      nodes: [610809900976570889n, 610809900976570890n, 610809900976570891n],
      history: undefined,
      order: 'desc',
      seed: undefined,
      appearMs: 200,
      workMs: 1500,
      troubles: [],
      dropPosts: 0,
      failRate: 0,
      rateLimit: undefined,
      idempotency: 'path-and-body',
    });
  });

  it('are read in their own units', async () => {
    const flags =
      '--appear 1s --work 1m30s --fail-rate .25 --rate-limit 0.5/s --order asc --nodes 1 --ignore-idempotency';
    const read = await setup(...flags.split(' '));
    assert.deepEqual(
      [read.appearMs, read.workMs, read.failRate, read.rateLimit, read.order, read.nodes.length, read.idempotency],
      [1000, 90_000, 0.25, 0.5, 'asc', 1, 'off'],
    );
  });

  it('take a node by its ordinal or its id, several times', async () => {
    const flags = ['--reject', '1', '--stuck', '610809900976570890', '--missing', '3'];
    assert.deepEqual((await setup(...flags)).troubles, [
      [610809900976570889n, 'reject'],
      [610809900976570890n, 'stuck'],
      [610809900976570891n, 'missing'],
    ]);
    assert.equal((await setup('--reject', '1', '--reject', '2')).troubles.length, 2);
  });

  it('--appear tells the delay of all nodes, and of single ones', async () => {
    const { appearMs, nodes } = await setup('--appear', '2=12s', '--appear', '1s', '--appear', '610809900976570891=0');
    assert.ok(typeof appearMs === 'function');
    assert.deepEqual(nodes.map(appearMs), [1000, 12_000, 0]);
    const { appearMs: others } = await setup('--appear', '3=5s');
    assert.ok(typeof others === 'function');
    assert.deepEqual(nodes.map(others), [200, 200, 5000]);
  });

  const wrong = [
    ['--reject', '4'],
    ['--reject', '0'],
    ['--reject', ''],
    ['--stuck', '610809900976570900'],
    ['--missing', 'first'],
    ['--reject', '1', '--stuck', '610809900976570889'],
    ['--appear', 'soon'],
    ['--appear', '4=1s'],
    ['--appear', '1='],
    ['--appear', '=1s'],
    ['--work', '-1s'],
    ['--fail-rate', '1.1'],
    ['--fail-rate', '-0.1'],
    ['--fail-rate', ''],
    ['--rate-limit', '5'],
    ['--rate-limit', '0/s'],
  ];
  for (const argv of wrong) {
    it(`${argv.map((arg) => arg || "''").join(' ')}: refused, and says which flag`, async () => {
      await assert.rejects(setup(...argv), (error: unknown) => {
        assert.ok(error instanceof UsageError);
        assert.match(error.message, argv.length > 2 ? /610809900976570889/ : new RegExp(`^${argv[0] ?? ''}:`));
        return true;
      });
    });
  }

  it('a port that is taken is a usage error, another failure stays what it is', () => {
    const taken = Object.assign(new Error('listen EADDRINUSE'), { code: 'EADDRINUSE', port: 80 });
    assert.throws(() => explainPort(taken), { name: 'UsageError', message: '--port: 80 is in use' });
    const other = new Error('boom');
    assert.throws(() => explainPort(other), other);
  });
});
