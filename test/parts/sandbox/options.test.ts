import assert from 'node:assert/strict';
import { Parser } from '@oclif/core';
import { optionsOf, sandboxFlags, sandboxOf } from '../../../src/commands/sandbox/start.js';
import {
  startSandbox,
  type RunningSandbox,
  type StartSandboxOptions,
} from '../../../src/sandbox/index.js';
import { nodeIds, readOptions } from '../../../src/sandbox/options.js';

async function flagsOf(...argv: string[]): Promise<Parameters<typeof sandboxOf>[0]> {
  return (await Parser.parse(argv, { flags: sandboxFlags })).flags;
}

async function settingsOf(line: string): Promise<ReturnType<typeof readOptions>> {
  return readOptions(optionsOf(await flagsOf(...line.split(' ').filter(Boolean))));
}

describe('the options of a sandbox', () => {
  const nodes = nodeIds(3);

  it('default, by flags and without, to three healthy nodes, newest first, in short but real time', async () => {
    for (const { now, seed, ...options } of [readOptions({}), await settingsOf('')]) {
      assert.ok(Math.abs(now() - Date.now()) < 5000);
      assert.ok(seed >= 0 && seed < 2 ** 32);
      assert.deepEqual(options, {
        ...{
          port: 0,
          nodes: [610809900976570889n, 610809900976570890n, 610809900976570891n],
          order: 'desc',
        },
        ...{ appearMs: 200, workMs: 1500, reject: [], stuck: [], missing: [], troubles: new Map() },
        ...{ dropPosts: 0, failRate: 0, rateLimit: Infinity, ignoreIdempotency: false },
        ...{ answerMs: 0, history: undefined },
      });
    }
  });

  it('take a node by its ordinal or its id, several times', async () => {
    const wanted = new Map([
      [nodes[0], 'reject'],
      [nodes[1], 'stuck'],
      [nodes[2], 'missing'],
    ]);
    assert.deepEqual(
      (await settingsOf('--reject 1 --stuck 610809900976570890 --missing 3')).troubles,
      wanted,
    );
    assert.deepEqual(
      readOptions({ reject: [1], stuck: [610809900976570890n], missing: [3] }).troubles,
      wanted,
    );
    assert.equal((await settingsOf('--reject 1 --reject 2')).troubles.size, 2);
    assert.deepEqual(
      [...readOptions({ nodes: [7n, 8n], reject: [8n] }).troubles],
      [[8n, 'reject']],
    );
  });

  it('take a share up to the whole', async () => {
    assert.equal((await settingsOf('--fail-rate 1')).failRate, 1);
  });

  const wrongFlags: Array<[line: string, message: RegExp]> = [
    ['--reject 9', /^--reject: there is no node 9; the nodes are 1 to 3$/],
    ['--nodes 1 --stuck 2', /^--stuck: there is no node 2; the only node is 1$/],
    ['--port 99999', /--port: "99999" is not a whole number from 0 to 65535/],
    ['--history 1000001', /--history: "1000001" is not a whole number from 0 to 1000000/],
    ['--reject=', /--reject is empty/],
    ['--missing first', /--missing: "first" is not an id/],
    ['--appear soon', /--appear: "soon" is not a duration/],
    ['--work=-1s', /--work: "-1s" is not a duration/],
    ['--nodes 1001', /--nodes: "1001" is not a whole number from 1 to 1000/],
    ['--fail-rate often', /--fail-rate: "often" is not a number from 0 to 1/],
    ['--fail-rate 1.1', /--fail-rate: "1.1" is not a number from 0 to 1/],
    ['--rate-limit 5/m', /--rate-limit: "5\/m" is not a number/],
  ];
  it('are refused by flag where they cannot be', async () => {
    for (const [line, message] of wrongFlags) {
      await assert.rejects(flagsOf(...line.split(' ')).then(sandboxOf), { message });
    }
  });

  const wrong: Array<[options: Record<string, unknown>, message: RegExp]> = [
    [{ nodes: 0 }, /^nodes: a deployment has at least one node$/],
    [{ nodes: [] }, /^nodes: a deployment has/],
    [{ workMs: '1s' }, /^workMs: expected a number, at least 0, but got '1s'$/],
    [{ appearMs: NaN }, /^appearMs: /],
    [{ history: -3 }, /^history: expected a number, at least 0, but got -3$/],
    [{ history: 'a' }, /^history: /],
    [{ seed: 'x' }, /^seed: expected a number, at least 0, but got 'x'$/],
    [{ failRate: -0.1 }, /^failRate: .* but got -0.1$/],
    [{ reject: [610809900976570900n] }, /^reject: there is no node 610809900976570900;/],
    [{ rejct: [1] }, /^rejct: there is no such option; the options are port, nodes, history,/],
    [{ toString: 1 }, /^toString: there is no such option/],
  ];
  it('are refused by name where they cannot be', () => {
    for (const [options, message] of wrong) {
      assert.throws(() => readOptions(options), { name: 'RangeError', message });
    }
  });

  it('are not given where they are undefined', () => {
    const given = readOptions({ nodes: undefined, workMs: undefined, reject: undefined });
    assert.deepEqual([given.nodes, given.workMs, given.reject], [nodes, 1500, []]);
  });

  it('a port that is taken is a usage error of the command, and else left to the system to explain', async () => {
    const sandbox: RunningSandbox = await startSandbox();
    const { port } = new URL(sandbox.apiUrl);
    try {
      await assert.rejects(startSandbox({ port: Number(port) } satisfies StartSandboxOptions), {
        code: 'EADDRINUSE',
      });
      const error = { name: 'UsageError', message: `--port: ${port} is in use` };
      await assert.rejects(sandboxOf(await flagsOf('--port', port)), error);
    } finally {
      await sandbox.stop();
    }
  });
});
