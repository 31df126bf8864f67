import assert from 'node:assert/strict';
import { withScene } from '../../helpers/scene.js';

const PYTHON = (imports: string, items: string): string =>
  `python3 -c "import ${imports}
for item in ${items}: print(item['id'])"`;

/**
 * By format, programs of others that read it from their stdin, and print the ids in it, one a line.
 */
const READERS = {
  json: [PYTHON('json, sys', "json.load(sys.stdin)['items']"), 'jq -r .items[].id'],
  ndjson: [PYTHON('json, sys', 'map(json.loads, sys.stdin)'), 'jq -r .id'],
  yaml: [PYTHON('sys, yaml', "yaml.safe_load(sys.stdin)['items']")],
  csv: [
    PYTHON('csv, sys', 'csv.DictReader(sys.stdin, strict=True)'),
    "sqlite3 :memory: -cmd '.mode csv' -cmd '.import |cat log' 'select id from log'",
  ],
};

describe('a page of the log, by readers in other languages', function () {
  this.timeout(120_000);

  for (const [format, readers] of Object.entries(READERS)) {
    it(`has the same ids in ${format}`, () =>
      withScene({ history: 60 }, async (scene) => {
        const url = `${scene.url}/deployments/${scene.sandbox.deploymentId}/activities?page=1&results=50`;
        const page = await fetch(url, { headers: { 'ld-api-key': String(scene.env.LD_API_KEY) } });
        // As text: a parser is what is on trial here.
        const ids = [...(await page.text()).matchAll(/"id":(\d+)/g)].map(([, id = '']) => id);
        assert.equal(ids.length, 50);
        for (const reader of readers) {
          const { stdout, stderr } = await scene.shell(
            `ldctl activities list --limit 50 -o ${format} | ${reader}`,
          );
          assert.deepEqual(stdout.trimEnd().split(/\r?\n/), ids, `${reader}\n${stderr}`);
        }
      }));
  }
});
