import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ldctl } from '../helpers/ldctl.js';
import { parseJson } from '../helpers/readers.js';
import { endsWith, resumeIn, story, until, wordsOf, type Scene } from '../helpers/scene.js';
import { Terminal } from '../helpers/terminal.js';

const RESTART = 'activities trigger iggy restart';
const ONE = { nodes: [7n], workMs: 600_000 };
const TWO = { ...ONE, nodes: [7n, 8n] };
const TWO_QUICK = { ...TWO, workMs: 800 };

describe('a signal', () => {
  story(
    'SIGINT ends a trigger that is followed, and the nodes keep running',
    ONE,
    async (scene) => {
      const run = scene.start(`${RESTART} --node 7 -o json`).input();
      await run.said(/dispatched/);
      run.kill('SIGINT');
      const ended = await endsWith(130, run);
      const { outcome, resume } = parseJson(ended.stdout) as { outcome: string; resume: string };
      assert.deepEqual({ outcome, resume }, { outcome: 'interrupted', resume: resumeIn(ended) });
      assert.equal(scene.dispatched, 1);
    },
  );
});

/**
 * A shell that outlives its terminal to write down how the command ended. The system tells only the
 * shell that the terminal has closed, and a shell then tells its jobs.
 */
const SHELL = `
exec 3<&0
"$@" <&3 &
trap 'kill -HUP $!' HUP
while wait $!; code=$?; kill -0 $!; do :; done
echo $code > code.new
mv code.new code`;

/** What a command ended with whose terminal closed once it was so far. */
async function afterClosing(
  scene: Scene,
  command: readonly string[],
  soFar: (terminal: Terminal) => Promise<void>,
): Promise<string> {
  const code = join(scene.folder, 'code');
  rmSync(code, { force: true });
  const terminal = new Terminal(
    ['sh', '-c', `cd '${scene.folder}'; ${SHELL}`, 'sh', ...command],
    scene.env,
  );
  try {
    await soFar(terminal);
  } finally {
    // With the process that owns it, the terminal is gone.
    terminal.kill();
  }
  await until('the end of the command', () => existsSync(code));
  return readFileSync(code, 'utf8').trim();
}

/** Its stdout, or both, into a file. */
const intoFile = (args: string, both = ''): string[] => [
  'sh',
  '-c',
  `exec "$@" > out ${both}`,
  'sh',
  ...ldctl(...wordsOf(args)),
];
const showsWork = (terminal: Terminal): Promise<void> => terminal.shows(/processing/);

describe('SIGHUP', () => {
  story('under nohup, a roll continues to its last node', TWO_QUICK, async (scene) => {
    const args = ldctl(...wordsOf('activities roll iggy restart --node 7,8 -o json'));
    const run = scene.spawn('nohup', args).input();
    await run.said(/dispatched/);
    run.kill('SIGHUP');
    await endsWith(0, run);
    assert.deepEqual(scene.actedOn, [7n, 8n]);
  });

  story(
    'ends a roll whose terminal closes with 129, and says how to continue',
    TWO,
    async (scene) => {
      const roll = 'activities roll iggy restart --node 7,8 -o json';
      assert.equal(await afterClosing(scene, intoFile(roll), showsWork), '129');
      const result = parseJson(readFileSync(join(scene.folder, 'out'), 'utf8')) as {
        outcome: string;
        resume: string;
      };
      assert.equal(result.outcome, 'interrupted');
      assert.match(result.resume, /^ldctl activities roll --resume \S+/);
      assert.equal(scene.dispatched, 1);
    },
  );

  story('ends a trigger whose only outputs are that terminal', ONE, async (scene) => {
    const trigger = ldctl(...wordsOf(`${RESTART} --node 7`));
    assert.equal(await afterClosing(scene, trigger, showsWork), '129');
  });

  story('ends a question that no one can answer any more with 129', {}, async (scene) => {
    const asked = (terminal: Terminal): Promise<void> => terminal.shows(/Restart iggy on all/);
    assert.equal(await afterClosing(scene, ldctl(...wordsOf(RESTART)), asked), '129');
    assert.deepEqual(scene.posts, []);
  });

  story(
    'lets a trigger continue whose stdin alone it was',
    { nodes: [7n], workMs: 2000 },
    async (scene) => {
      const dispatched = (): Promise<void> => until('the POST', () => scene.dispatched === 1);
      assert.equal(
        await afterClosing(scene, intoFile(`${RESTART} --node 7`, '2>&1'), dispatched),
        '0',
      );
    },
  );
});
