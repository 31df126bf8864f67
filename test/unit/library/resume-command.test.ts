import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { nodeFlags } from '../../../src/library/resume-command.js';
import { LdctlError } from '../../../src/base/errors.js';

describe('the flags that name nodes', () => {
  const nodes = (count: number): bigint[] =>
    Array.from({ length: count }, (_, index) => 18446744073709551615n - BigInt(index));
  const none = (): never => assert.fail('no file is needed');

  it('name each, up to a hundred', () => {
    assert.deepEqual(nodeFlags([3n, 1n], none), ['--node', '3,1']);
    assert.equal(nodeFlags(nodes(100), none)[1]?.split(',').length, 100);
  });

  it('name a file beyond that', () => {
    const kept: (readonly bigint[])[] = [];
    const keep = (some: readonly bigint[]): string => {
      kept.push(some);
      return '/journal/x.json';
    };
    assert.deepEqual(nodeFlags(nodes(101), keep), ['--nodes-from', '/journal/x.json']);
    assert.deepEqual(kept, [nodes(101)]);
  });

  it('are several where no file can be written, each short enough for a system', () => {
    const flags = nodeFlags(nodes(10_000), () => {
      throw new LdctlError('usage', 'config_unwritable', 'no space left');
    });
    const words = flags.filter((word) => word !== '--node');
    assert.deepEqual(
      words.flatMap((word) => word.split(',').map(BigInt)),
      nodes(10_000),
    );
    // The most that Linux takes in one word is 128 KiB.
    assert.ok(words.every((word) => word.length < 128 * 1024));
    if (process.platform !== 'win32') execFileSync('true', flags);
  });

  it('do not hide a fault of our own', () => {
    assert.throws(() => nodeFlags(nodes(101), none), assert.AssertionError);
  });
});
