import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { withScene } from '../helpers/scene.js';

type Format = 'json' | 'yaml' | 'csv' | 'ndjson';
type CommandLine = readonly [string, ...string[]];

/** A program of others that reads a format from its stdin, and prints the ids in it, one a line. */
interface Reader {
  /** Succeeds where the machine has it, in a version that keeps the digits of a number. */
  probe: CommandLine;
  formats: Partial<Record<Format, CommandLine>>;
}

const python = (imports: string, expression: string): CommandLine => [
  'python3',
  '-c',
  `import ${imports}\nfor item in ${expression}: print(item['id'])`,
];

const READERS: Readonly<Record<string, Reader>> = {
  'python3 (json, csv)': {
    probe: ['python3', '-c', 'import json, csv'],
    formats: {
      json: python('json, sys', "json.load(sys.stdin)['items']"),
      ndjson: python('json, sys', 'map(json.loads, sys.stdin)'),
      csv: python('csv, sys', 'csv.DictReader(sys.stdin, strict=True)'),
    },
  },
  PyYAML: {
    probe: ['python3', '-c', 'import yaml'],
    formats: { yaml: python('sys, yaml', "yaml.safe_load(sys.stdin)['items']") },
  },
  jq: {
    // From 1.7 on it keeps a number as it was written; what is older rounds it.
    probe: ['jq', '-en', '18446744073709551615 | tostring == "18446744073709551615"'],
    formats: { json: ['jq', '-r', '.items[].id'], ndjson: ['jq', '-r', '.id'] },
  },
  yq: {
    probe: ['yq', '--version'],
    formats: { yaml: ['yq', '-r', '.items[].id'] },
  },
  'Perl (JSON::PP)': {
    probe: ['perl', '-MJSON::PP', '-e', '1'],
    formats: {
      json: [
        'perl',
        '-MJSON::PP',
        '-e',
        'print "$_->{id}\\n" for @{JSON::PP->new->allow_bignum->decode(join "", <>)->{items}}',
      ],
    },
  },
  SQLite: {
    probe: ['sqlite3', '--version'],
    formats: { csv: ['sqlite3', ':memory:', '-cmd', '.mode csv', '-cmd', '.import |cat log', 'select id from log'] },
  },
};

const found = Object.entries(READERS).filter(
  ([
    ,
    {
      probe: [command, ...args],
    },
  ]) => spawnSync(command, args).status === 0,
);

describe(`a page of the log, by the readers of this machine: ${found.map(([name]) => name).join(', ')}`, function () {
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

  it('there is one for JSON, CSV and NDJSON at least', () => {
    const formats = new Set(found.flatMap(([, reader]) => Object.keys(reader.formats)));
    for (const format of ['json', 'csv', 'ndjson']) assert.ok(formats.has(format), `nothing here reads ${format}`);
  });

  for (const [name, { formats }] of found) {
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
