import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseJson, readAs } from '../helpers/readers.js';
import { reply, startServer } from '../helpers/server.js';
import { withScene } from '../helpers/scene.js';
import { sideBySide } from '../helpers/side-by-side.js';

const LARGEST = 18446744073709551615n;
const NODES = [7n, 8n, LARGEST];
const TROUBLES = { reject: [8n], missing: [LARGEST] };
const TRIGGER = ['activities', 'trigger', 'iggy', 'restart', '--node', NODES.join(','), '--appear-timeout', '1s'];

describe('in a step of GitHub Actions', function () {
  this.timeout(300_000);

  sideBySide({
    'each node that went wrong is annotated on stderr, and the summary of the step gets a table of all': () =>
      withScene({ nodes: NODES, ...TROUBLES }, async (scene) => {
        const summary = join(scene.folder, 'summary.md');
        writeFileSync(summary, 'What an earlier command said.\n');
        const env = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: summary };
        const { code, stdout, stderr } = await scene.ldctl([...TRIGGER, '-o', 'json'], env);
        assert.equal(code, 7, stderr);
        assert.equal((parseJson(stdout) as { outcome: string }).outcome, 'unconfirmed');

        const annotations = stderr.split('\n').filter((line) => line.startsWith('::'));
        assert.equal(annotations.length, 2, stderr);
        assert.match(annotations[0] ?? '', /^::error title=restart of iggy::node 8 rejected it: activity \d+$/);
        assert.match(annotations[1] ?? '', /^::error title=restart of iggy::node 18446744073709551615 is missing: /);

        const written = readFileSync(summary, 'utf8');
        assert.match(written, /^What an earlier command said\.\n/);
        assert.match(written, /^\| 7 \| \d+ \| .*completed.* \|$/m);
        assert.match(written, /^\| 8 \| \d+ \| .*rejected.* \|$/m);
        assert.match(written, /^\| 18446744073709551615 \| – \| .*missing.* \|$/m);
        assert.match(written, /^ldctl activities wait --after \d+ /m);
      }),

    'a node that had not ended at the deadline is annotated, beside one that was rejected': () =>
      withScene({ nodes: [7n, 8n], stuck: [7n], reject: [8n] }, async (scene) => {
        const args = ['activities', 'trigger', 'iggy', 'restart', '--node', '7,8', '--timeout', '2s'];
        const { code, stderr } = await scene.ldctl(args, { GITHUB_ACTIONS: 'true' });
        assert.equal(code, 3, stderr);
        const annotations = stderr.split('\n').filter((line) => line.startsWith('::'));
        assert.match(
          annotations[0] ?? '',
          /^::error title=restart of iggy::node 7 had not ended: activity \d+ is processing$/,
        );
        assert.match(annotations[1] ?? '', /^::error title=restart of iggy::node 8 rejected it: activity \d+$/);
      }),

    'text of the server cannot become a command, in any format, and stays what it is as data': () =>
      withScene({}, async (scene) => {
        const action = '::error::pwned ##[error]too\n  ::warning::and this';
        const activity = {
          id: 1n,
          node_id: 2n,
          runtime: 'iggy',
          action,
          status: 'completed',
          created_at: '2026-03-16T12:00:00Z',
        };
        const page = {
          items: [{ ...activity, deployment_id: scene.sandbox.deploymentId, tenant_id: scene.sandbox.tenantId }],
          page: 1,
          total_results: 1,
          total_pages: 1,
        };
        const list = ['activities', 'list', '--columns', 'action,id', '--no-header'];
        const env = { GITHUB_ACTIONS: 'true' };
        for (const format of ['table', 'csv', 'json', 'yaml', 'ndjson'] as const) {
          const server = await startServer([reply(200, page)]);
          const { code, stdout, stderr } = await scene.ldctl([...list, '-o', format], {
            ...env,
            LD_SUPERVISOR_URL: server.url,
          });
          await server.close();
          assert.equal(code, 0, stderr);
          assert.match(stdout, /pwned/);
          assert.doesNotMatch(stdout, /##\[|^\s*::/m);
          if (format === 'json' || format === 'yaml') {
            const { items } = readAs(format, stdout) as { items: Array<{ action: string }> };
            assert.equal(items[0]?.action, action);
          }
        }
        const problem = {
          status: 400,
          title: '::error::pwned',
          detail: '::error::a\n::error::b ##[error]c',
          code: 'x',
        };
        const server = await startServer([reply(400, problem)]);
        const { stderr } = await scene.ldctl(list, { ...env, LD_SUPERVISOR_URL: server.url });
        await server.close();
        assert.match(stderr, /pwned|error/);
        assert.doesNotMatch(stderr, /##\[|^\s*::/m);
      }),

    'a summary that cannot be written changes nothing about the end': () =>
      withScene({ nodes: [7n] }, async (scene) => {
        const env = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: scene.folder };
        const { code, stderr } = await scene.ldctl(['activities', 'trigger', 'iggy', 'restart', '--node', '7'], env);
        assert.equal(code, 0, stderr);
        assert.match(stderr, /^warning: the step summary could not be written/m);
      }),

    'and elsewhere nothing of it is said': () =>
      withScene({ nodes: NODES, ...TROUBLES }, async (scene) => {
        const { code, stderr } = await scene.ldctl(TRIGGER);
        assert.equal(code, 7, stderr);
        assert.doesNotMatch(stderr, /^::/m);
      }),
  });
});
