import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseJson } from '../../src/base/json.js';
import { withScene } from '../helpers/scene.js';
import { sideBySide } from '../helpers/side-by-side.js';

const LARGEST = 18446744073709551615n;
const NODES = [7n, 8n, LARGEST];
const TROUBLES = [
  [8n, 'reject'],
  [LARGEST, 'missing'],
] as const;
const TRIGGER = ['activities', 'trigger', 'iggy', 'restart', '--node', NODES.join(','), '--appear-timeout', '1s'];

describe('in a step of GitHub Actions', function () {
  this.timeout(300_000);

  sideBySide({
    'each node that went wrong is annotated on stderr, and the summary of the step gets a table of all': () =>
      withScene({ nodes: NODES, troubles: TROUBLES }, async (scene) => {
        const summary = join(scene.folder, 'summary.md');
        writeFileSync(summary, 'What an earlier command said.\n');
        const env = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: summary };
        const { code, stdout, stderr } = await scene.ldctl([...TRIGGER, '-o', 'json'], env);
        assert.equal(code, 7, stderr);
        assert.equal((parseJson(stdout) as { outcome: string }).outcome, 'unconfirmed');

        const annotations = stderr.split('\n').filter((line) => line.startsWith('::'));
        assert.equal(annotations.length, 2, stderr);
        assert.match(annotations[0] ?? '', /^::error title=[^:]+::.*\b8\b.*rejected/);
        assert.match(annotations[1] ?? '', /^::error title=[^:]+::.*\b18446744073709551615\b.*missing/);

        const written = readFileSync(summary, 'utf8');
        assert.match(written, /^What an earlier command said\.\n/);
        assert.match(written, /^\| 7 \| \d+ \| .*completed.* \|$/m);
        assert.match(written, /^\| 8 \| \d+ \| .*rejected.* \|$/m);
        assert.match(written, /^\| 18446744073709551615 \| – \| .*missing.* \|$/m);
        assert.match(written, /^ldctl activities wait --after \d+ /m);
      }),

    'a summary that cannot be written changes nothing about the end': () =>
      withScene({ nodes: [7n] }, async (scene) => {
        const env = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: scene.folder };
        const { code, stderr } = await scene.ldctl(['activities', 'trigger', 'iggy', 'restart', '--node', '7'], env);
        assert.equal(code, 0, stderr);
        assert.match(stderr, /^warning: the step summary could not be written/m);
      }),

    'and elsewhere nothing of it is said': () =>
      withScene({ nodes: NODES, troubles: TROUBLES }, async (scene) => {
        const { code, stderr } = await scene.ldctl(TRIGGER);
        assert.equal(code, 7, stderr);
        assert.doesNotMatch(stderr, /^::/m);
      }),
  });
});
