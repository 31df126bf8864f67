import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { withScene } from '../helpers/scene.js';

type Format = 'json' | 'yaml' | 'csv' | 'ndjson';
type CommandLine = readonly [string, ...string[]];

/** Programs of others that read a format from their stdin, and print the ids in it, one a line. */
type Readers = Partial<Record<Format, CommandLine>>;

const python = (imports: string, expression: string): CommandLine => [
  'python3',
  '-c',
  `import ${imports}\nfor item in ${expression}: print(item['id'])`,
];

const READERS: Readonly<Record<string, Readers>> = {
  'python3 (json, csv)': {
    json: python('json, sys', "json.load(sys.stdin)['items']"),
    ndjson: python('json, sys', 'map(json.loads, sys.stdin)'),
    csv: python('csv, sys', 'csv.DictReader(sys.stdin, strict=True)'),
  },
  PyYAML: { yaml: python('sys, yaml', "yaml.safe_load(sys.stdin)['items']") },
  jq: { json: ['jq', '-r', '.items[].id'], ndjson: ['jq', '-r', '.id'] },
  SQLite: {
    csv: ['sqlite3', ':memory:', '-cmd', '.mode csv', '-cmd', '.import |cat log', 'select id from log'],
  },
};

describe('a page of the log, by readers in other languages', function () {
  this.timeout(120_000);

  const printed = new Map<Format, string>();
  let ids: string[] = [];

  before(() =>
    withScene({ history: 60 }, async (scene) => {
      const page = await fetch(`${scene.url}/deployments/${scene.sandbox.deploymentId}/activities?page=1&results=50`, {
        headers: { 'ld-api-key': String(scene.env.LD_API_KEY) },
      });
      // As text: a parser is what is on trial here.
      ids = [...(await page.text()).matchAll(/"id":(\d+)/g)].map(([, id = '']) => id);
      for (const format of ['json', 'yaml', 'csv', 'ndjson'] as const) {
        const { code, stdout, stderr } = await scene.ldctl(['activities', 'list', '--limit', '50', '-o', format]);
        assert.equal(code, 0, stderr);
        printed.set(format, stdout);
      }
    }),
  );

  for (const [name, formats] of Object.entries(READERS)) {
    for (const [format, [command, ...args]] of Object.entries(formats)) {
      it(`${name} finds the same ids in ${format}`, () => {
        const read = spawnSync(command, args, { input: printed.get(format as Format) ?? '', encoding: 'utf8' });
        assert.equal(read.status, 0, read.stderr);
        assert.equal(ids.length, 50);
        assert.deepEqual(
          read.stdout.split(/\r?\n/).filter((line) => line !== ''),
          ids,
        );
      });
    }
  }
});
