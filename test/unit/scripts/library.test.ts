import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../../helpers/root.js';

interface Entry {
  name: string;
  file: string;
  source: string;
}

const { LIBRARY, typesOf } = (await import(pathToFileURL(join(ROOT, 'scripts/library.js')).href)) as {
  LIBRARY: readonly Entry[];
  typesOf: (entry: Entry) => string;
};

const read = (file: string): unknown => JSON.parse(readFileSync(join(ROOT, file), 'utf8'));

describe('what programs import', () => {
  it('is exported as it is built', () => {
    const { exports } = read('package.json') as { exports: Record<string, unknown> };
    const built = LIBRARY.map((entry) => [
      entry.name.replace('ldctl', '.'),
      { types: `./dist/types/${typesOf(entry)}`, default: `./dist/${entry.file}.js` },
    ]);
    assert.deepEqual(
      Object.entries(exports).filter(([, target]) => typeof target === 'object'),
      built,
    );
  });

  it('has types of all that it is built from', () => {
    const { files } = read('tsconfig.library.json') as { files: string[] };
    assert.deepEqual(
      files,
      LIBRARY.map(({ source }) => source),
    );
    assert.deepEqual(
      files.filter((file) => !existsSync(join(ROOT, file))),
      [],
    );
  });
});
