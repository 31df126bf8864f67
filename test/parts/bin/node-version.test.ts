import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

interface NodeVersion {
  tooOld: (version: string, oldest: string) => string | null;
}

const root = new URL('../../../', import.meta.url);
const { tooOld } = (await import(new URL('bin/node-version.js', root).href)) as NodeVersion;

describe('a Node that is too old', () => {
  it('gets one line that says which one is needed, and no other does', () => {
    for (const version of ['16.20.2', '18.20.8', '20.9.0', '20.18.3']) {
      const said = tooOld(version, '20.19');
      assert.match(
        said ?? '',
        /^error: ldctl needs Node 20\.19 or later; this is Node \d+\.\d+\.\d+ \(.*\)$/,
      );
      assert.ok(said?.includes(version));
    }
    for (const version of ['20.19.0', '20.20.1', '21.0.0', '22.3.0', '100.0.0']) {
      assert.equal(tooOld(version, '20.19'), null);
    }
  });

  it('is what package.json treats as one', () => {
    const { engines, files } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as {
      engines: { node: string };
      files: string[];
    };
    const oldest = /tooOld\(process\.versions\.node, '([^']+)'\)/.exec(
      readFileSync(new URL('bin/run.js', root), 'utf8'),
    );
    assert.equal(engines.node, `>=${String(oldest?.[1])}`);
    assert.ok(files.includes('bin/node-version.js'), 'it is not in the package');
  });
});
