import assert from 'node:assert/strict';
import { type StartSandboxOptions } from '../../src/sandbox/index.js';
import { endsWith, resumeIn, story } from '../helpers/scene.js';
import { unusedPort } from '../helpers/server.js';

const RESTART = 'activities trigger iggy restart';
const LARGEST = 18446744073709551615n;
const THREE = { nodes: [7n, 8n, 9n] };

describe('a trigger ends with', () => {
  /** What it says on either stream, and the bodies that were sent. */
  interface Ending {
    says: readonly RegExp[];
    sent: readonly string[];
  }

  function ending(
    code: number,
    why: string,
    sandbox: StartSandboxOptions,
    flags: string,
    { says, sent }: Ending,
  ): void {
    story(`${code} ${why}`, sandbox, async (scene) => {
      const { stdout, stderr } = await scene.ends(code, `${RESTART} ${flags}`.trim());
      for (const pattern of says) assert.match(`${stdout}\n${stderr}`, pattern);
      assert.deepEqual(scene.bodies, sent);
      if (code !== 7) assert.doesNotMatch(stderr, /activities wait/);
    });
  }

  ending(0, 'when the nodes that were named have completed', THREE, '--node 9,7 --node 7', {
    says: [
      /^7 +\d+ +completed/m,
      /^9 +\d+ +completed/m,
      /^✓ restart of iggy completed on 2 of 2 nodes$/m,
    ],
    sent: ['{"nodes":[7,9]}'],
  });
  ending(0, 'when every node has completed', { nodes: [3n, LARGEST, 5n, 4n] }, '--yes', {
    says: [3n, 4n, 5n, LARGEST].map((node) => new RegExp(`^${node} +\\d+ +completed`, 'm')),
    sent: ['{}'],
  });
  ending(3, 'when a node rejected it, and says which', { ...THREE, reject: [8n] }, '--node 7,8', {
    says: [/^8 +\d+ +rejected/m, /^✗ restart of iggy: 1 of 2 nodes rejected it \(8\)$/m],
    sent: ['{"nodes":[7,8]}'],
  });

  story('4, 5 and 6 when no action ran, and says what to look at', THREE, async (scene) => {
    const wrong = await scene.ends(4, `${RESTART} --node 7`, {
      LD_API_KEY: `${scene.sandbox.apiKey}x`,
    });
    assert.match(
      wrong.stderr,
      /^error: the sandbox does not know this key; nothing was sent$[^]*^hint: .*LD_API_KEY/m,
    );
    const url = `http://127.0.0.1:${await unusedPort()}`;
    const wall = await scene.ends(6, `${RESTART} --node 7`, { LD_SUPERVISOR_URL: url });
    assert.match(wall.stderr, /^error: connection refused by .*; nothing was sent$/m);
    assert.deepEqual(scene.posts, []);
    const readonly = await scene.ends(4, `${RESTART} --node 7`, {
      LD_API_KEY: scene.sandbox.keys.readonly,
    });
    assert.match(
      readonly.stderr,
      /^error: .*deployment:manage.*; nothing was sent$[^]*^hint: .*whoami/m,
    );
    const absent = await scene.ends(5, `${RESTART} --node ${LARGEST}`);
    assert.match(absent.stderr, /^error: .*no node 18446744073709551615.*; nothing was sent$/m);
    assert.equal(scene.dispatched, 0);
  });
});

describe('the command that is printed continues', () => {
  /**
   * How the first ends, with which command, and how that one does, which prints itself again where
   * it is no success.
   */
  interface Ends {
    first: number;
    resume: RegExp;
    then: number;
    more?: string;
  }

  function resumed(
    why: string,
    sandbox: StartSandboxOptions,
    flags: string,
    { first, resume, then, more }: Ends,
  ): void {
    story(`${why}: ${first}, then ${then}`, { nodes: [7n], ...sandbox }, async (scene) => {
      const ended = await scene.ends(first, `${RESTART} --node 7 ${flags}`);
      assert.match(resumeIn(ended), resume);
      const again = await endsWith(then, scene.shell(`${resumeIn(ended)} ${more ?? ''}`));
      if (then === 0) assert.match(again.stdout, /^7 +\d+ +completed/m);
      else assert.equal(resumeIn(again), resumeIn(ended));
      assert.equal(scene.dispatched, 1);
    });
  }

  const byId = /^ldctl activities wait \d+$/;
  const byBaseline = /^ldctl activities wait --after \d+ --runtime iggy --action restart --node 7/;
  const soon = '--timeout 1s';
  resumed('where a node is stuck', { stuck: [7n] }, soon, {
    first: 8,
    resume: byId,
    then: 8,
    more: soon,
  });
  resumed('where it is not waited for', {}, '--no-wait', { first: 0, resume: byBaseline, then: 0 });

  story('where an entry is late: 7, then 0', { nodes: [7n], appearMs: 1 }, async (scene) => {
    scene.stopClock();
    const ended = await scene.ends(7, `${RESTART} --node 7 --appear-timeout 1s`);
    assert.match(resumeIn(ended), byBaseline);
    scene.startClock();
    const again = await endsWith(0, scene.shell(resumeIn(ended)));
    assert.match(again.stdout, /^7 +\d+ +completed/m);
    assert.equal(scene.dispatched, 1);
  });

  story(
    'where a log is watched for too long',
    { nodes: [7n, 8n], stuck: [8n], history: 0 },
    async (scene) => {
      scene.restartByOther();
      const watched = await scene.ends(8, 'activities list --watch --timeout 2s');
      assert.match(watched.stdout, / iggy +restart +processing +- +8 /);
      const resume = /^hint: .*(ldctl activities wait .*)$/m.exec(watched.stderr)?.[1] ?? 'false';
      await endsWith(8, scene.shell(`${resume} --timeout 1s`));
    },
  );
});
