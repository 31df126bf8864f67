import assert from 'node:assert/strict';
import { nodeIds } from '../../src/sandbox/options.js';
import { reply, stall, startServer, type Step } from '../helpers/server.js';
import { resumeIn, until, withScene } from '../helpers/scene.js';
import { sideBySide } from '../helpers/side-by-side.js';
import { parseJson } from '../helpers/readers.js';

const RESTART = ['activities', 'trigger', 'iggy', 'restart', '--yes', '-o', 'json'];
const EMPTY_LOG = reply(200, { items: [], page: 1, total_results: 0, total_pages: 0 });

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;
type Signal = keyof typeof EXIT_CODES;

function whileFollowing(signal: Signal): Promise<void> {
  return withScene({ workMs: 600_000 }, async (scene) => {
    const run = scene.start([...RESTART, '--node', `${scene.nodes[0]}`]).input();
    await run.said(/dispatched/);
    run.kill(signal);
    const ended = await run.ended();
    assert.equal(ended.code, EXIT_CODES[signal], ended.stderr);
    const result = parseJson(ended.stdout) as { outcome: string; resume: string };
    assert.equal(result.outcome, 'interrupted');
    // Whoever has interrupted it can look at what goes on without it.
    assert.equal(result.resume, resumeIn(ended));
    const resumed = await scene.shell(`${resumeIn(ended)} --timeout 1s`);
    assert.equal(resumed.code, 8, resumed.stderr);
    assert.equal(scene.dispatched, 1);
  });
}

/** Their ids alone are more than some systems take in a command. */
function withThousandsOfNodes(): Promise<void> {
  return withScene({ nodes: nodeIds(7000), appearMs: 600_000 }, async (scene) => {
    const given = scene.nodes.join('\n');
    delete scene.env.LDCTL_SANDBOX_NODES;
    const run = scene.start([...RESTART, '--nodes-from', '-']).input(given);
    await run.said(/dispatched/);
    run.kill('SIGINT');
    const ended = await run.ended();
    assert.equal(ended.code, 130, ended.stderr);
    const command = resumeIn(ended);
    assert.ok(command.replace(scene.url, '').replace(scene.folder, '').length < 300, command);
    const resumed = await scene.shell(`${command} --timeout 1s -o json`);
    assert.equal(resumed.code, 7, resumed.stderr);
    const { nodes } = parseJson(resumed.stdout) as { nodes: Array<{ node_id: bigint }> };
    assert.deepEqual(nodes.map(({ node_id: node }) => String(node)).sort(), scene.nodes.sort());
    assert.equal(scene.dispatched, 1);
  });
}

function whileListing(signal: Signal, mode: '--watch' | '--follow'): Promise<void> {
  return withScene({ workMs: 600_000, history: 0 }, async (scene) => {
    scene.sandbox.dispatchAsOther({ runtime: 'iggy', action: { verb: 'restart' } });
    const run = scene.start(['activities', 'list', mode, '-o', 'ndjson']).input();
    await run.said(/"processing"[^]*"processing"[^]*"processing"/);
    run.kill(signal);
    const { code, stderr } = await run.ended();
    assert.equal(code, EXIT_CODES[signal], stderr);
  });
}

/** A server that answers as `steps` say and then never again. */
function whileTheServerIsSilent(steps: Step[], signal: Signal, expected: (stdout: unknown) => void): Promise<void> {
  return withScene({}, async (scene) => {
    const server = await startServer([...steps, stall]);
    const run = scene.start([...RESTART, '--node', '7'], { LD_SUPERVISOR_URL: server.url }).input();
    await until('the request that is never answered', () => server.requests.length > steps.length);
    run.kill(signal);
    const { code, stdout, stderr } = await run.ended();
    await server.close();
    assert.equal(code, EXIT_CODES[signal], stderr);
    expected(parseJson(stdout));
  });
}

describe('a signal', function () {
  this.timeout(300_000);

  sideBySide({
    'SIGINT ends a trigger that is followed, and the nodes go on': () => whileFollowing('SIGINT'),
    'SIGTERM ends a trigger that is followed, and the nodes go on': () => whileFollowing('SIGTERM'),
    'SIGINT with thousands of named nodes prints a command that is short, and follows them all': withThousandsOfNodes,
    'SIGINT ends a list that is watched': () => whileListing('SIGINT', '--watch'),
    'SIGTERM ends a list that is followed': () => whileListing('SIGTERM', '--follow'),

    'SIGINT while the log is read before the POST ends it with nothing sent': () =>
      whileTheServerIsSilent([], 'SIGINT', (document) => {
        const { error } = document as { error: { code: string; exit_code: bigint } };
        assert.deepEqual([error.code, error.exit_code], ['interrupted', 130n]);
      }),

    'SIGTERM while the POST is not answered says that it may have been sent': () =>
      whileTheServerIsSilent([EMPTY_LOG], 'SIGTERM', (document) => {
        const { outcome, resume, nodes } = document as { outcome: string; resume: string; nodes: unknown[] };
        assert.equal(outcome, 'interrupted');
        assert.match(resume, /^ldctl activities wait --after 0 --runtime iggy --action restart --node 7$/);
        assert.equal(nodes.length, 1);
      }),
  });
});
