import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../../helpers/root.js';

interface Package {
  name: string;
  version: string;
  integrity: string;
}
interface Packages {
  fetchPackage: (cache: string, wanted: Package) => string;
  verify: (bytes: Buffer, integrity: string, name: string) => void;
}
interface Targets {
  TARGETS: Readonly<Record<string, { node: string; integrity: string; keyring: string }>>;
}

const { fetchPackage, verify } = (await import(join(ROOT, 'scripts/binary/packages.js'))) as Packages;
const { TARGETS } = (await import(join(ROOT, 'scripts/binary/targets.js'))) as Targets;

describe('what a single executable is made of', () => {
  it('is what its sum says, or nothing is made of it', () => {
    // sha512 of `abc`, as FIPS 180-4 has it.
    const sum = 'sha512-3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/uu9RU1EI2Q86A4qmslPpUyknw==';
    verify(Buffer.from('abc'), sum, 'abc.tgz');
    assert.throws(() => verify(Buffer.from('abd'), sum, 'abc.tgz'), /^Error: abc\.tgz is not what it should be/);
  });

  it('is fetched once', () => {
    const cache = mkdtempSync(join(tmpdir(), 'ldctl-packages-'));
    try {
      const there = join(cache, '@scope+name-1.2.3', 'package');
      mkdirSync(there, { recursive: true });
      assert.equal(fetchPackage(cache, { name: '@scope/name', version: '1.2.3', integrity: '' }), there);
    } finally {
      rmSync(cache, { recursive: true });
    }
  });

  it('is pinned for every platform', () => {
    const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, Package>;
    };
    assert.deepEqual(Object.keys(TARGETS).sort(), [
      'darwin-arm64',
      'darwin-x64',
      'linux-arm64',
      'linux-x64',
      'win32-x64',
    ]);
    for (const [target, { node, integrity, keyring }] of Object.entries(TARGETS)) {
      assert.match(integrity, /^sha512-[A-Za-z0-9+/]{86}==$/, target);
      const [platform = '', cpu = ''] = target.split('-');
      assert.ok(node.endsWith(`-${platform.replace('win32', 'win')}-${cpu}`), node);
      assert.ok(keyring.includes(`-${target}`), keyring);
      assert.match(String(packages[`node_modules/${keyring}`]?.integrity), /^sha512-/, keyring);
    }
  });
});
