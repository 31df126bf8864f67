import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { COMMANDS } from '../../../src/main.js';
import { ROOT } from '../../helpers/root.js';

interface Bundle {
  LEFT_OUT: Readonly<Record<string, { names: readonly string[] }>>;
  stubOf: (name: string) => string;
}

type Stub = Record<string, (new () => unknown) & (() => unknown)>;

const { LEFT_OUT, stubOf } = (await import(pathToFileURL(join(ROOT, 'scripts/bundle.js')).href)) as Bundle;

describe('what the bundle leaves out', () => {
  for (const [name, { names }] of Object.entries(LEFT_OUT)) {
    it(`says so when it is used: ${name}`, async () => {
      const stub = (await import(`data:text/javascript,${encodeURIComponent(stubOf(name))}`)) as Stub;
      assert.deepEqual(Object.keys(stub).sort(), [...names].sort());
      for (const used of Object.values(stub)) {
        const told = { message: new RegExp(`^${name} \\(.+\\) is left out of this program$`) };
        assert.throws(() => used(), told);
        assert.throws(() => new used(), told);
        // Who only asks whether something is of that kind goes on.
        assert.equal({} instanceof used, false);
      }
    });
  }
});

it('the table of commands has every file of src/commands', () => {
  const files = readdirSync(join(ROOT, 'src/commands'), { recursive: true, encoding: 'utf8' });
  const ids = files
    .filter((file) => file.endsWith('.ts') && !file.endsWith('shared.ts'))
    .map((file) => file.replace(/([\\/]index)?\.ts$/, '').replaceAll(/[\\/]/g, ':'));
  assert.deepEqual(Object.keys(COMMANDS).sort(), ids.sort());
});
