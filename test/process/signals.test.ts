import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ldctl } from '../helpers/ldctl.js';
import { parseJson } from '../helpers/readers.js';
import { endsWith, resumeIn, story, until, wordsOf, type Scene } from '../helpers/scene.js';
import { answerOf, stall, startServer } from '../helpers/server.js';
import { Terminal } from '../helpers/terminal.js';

const RESTART = 'activities trigger iggy restart';
const ONE = { nodes: [7n], workMs: 600_000 };
const TWO = { ...ONE, nodes: [7n, 8n] };
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

describe('a signal', () => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    story(
      `${signal} ends a trigger that is followed, and the nodes keep running`,
      ONE,
      async (scene) => {
        const run = scene.start(`${RESTART} --node 7 -o json`).input();
        await run.said(/dispatched/);
        run.kill(signal);
        const ended = await endsWith(EXIT_CODES[signal], run);
        const { outcome, resume } = parseJson(ended.stdout) as { outcome: string; resume: string };
        assert.deepEqual([outcome, resume], ['interrupted', resumeIn(ended)]);
        await endsWith(8, scene.shell(`${resume} --timeout 1s`));
        assert.equal(scene.dispatched, 1);
      },
    );
  }

  /** Sent while a request is never answered: the first read, or the POST. */
  async function whileSilent(
    scene: Scene,
    method: string,
    signal: 'SIGINT' | 'SIGTERM',
  ): Promise<{ result: unknown; stderr: string }> {
    const isSilent = (asked: string | undefined): boolean => asked === method;
    const server = await startServer((request, response, socket) =>
      (isSilent(request.method) ? stall : answerOf(scene.url))(request, response, socket),
    );
    const run = scene
      .start(`${RESTART} --node 7 -o json`, { LD_SUPERVISOR_URL: server.url })
      .input();
    await until('the request that is never answered', () =>
      server.requests.some((one) => isSilent(one.method)),
    );
    run.kill(signal);
    const { stdout, stderr } = await endsWith(EXIT_CODES[signal], run);
    await server.close();
    return { result: parseJson(stdout), stderr };
  }

  story('SIGINT before the POST ends a trigger with nothing sent', ONE, async (scene) => {
    const { result } = await whileSilent(scene, 'GET', 'SIGINT');
    const { error } = result as { error: { code: string; exit_code: bigint } };
    assert.deepEqual([error.code, error.exit_code], ['interrupted', 130n]);
  });

  story(
    'SIGTERM within the POST says that it may have been sent',
    { ...ONE, history: 0 },
    async (scene) => {
      const { result, stderr } = await whileSilent(scene, 'POST', 'SIGTERM');
      const { outcome, resume } = result as { outcome: string; resume: string };
      assert.equal(outcome, 'interrupted');
      assert.match(stderr, /^Stopped watching; whether the restart runs is not known\.$/m);
      assert.match(
        resume,
        /^ldctl activities wait --after 0 --runtime iggy --action restart --node 7$/,
      );
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
  for (const [where, prefix] of [
    ['under nohup', ['nohup']],
    ['where neither output is a terminal, as in a service', []],
  ] as const) {
    story(
      `${where}, a roll continues to its last node`,
      { nodes: [7n, 8n], workMs: 800 },
      async (scene) => {
        const [program = '', ...args] = [
          ...prefix,
          ...ldctl(...wordsOf('activities roll iggy restart --node 7,8 -o json')),
        ];
        const run = scene.spawn(program, args).input();
        await run.said(/dispatched/);
        run.kill('SIGHUP');
        assert.equal(
          (parseJson((await endsWith(0, run)).stdout) as { outcome: string }).outcome,
          'completed',
        );
        assert.deepEqual(scene.actedOn, [7n, 8n]);
      },
    );
  }

  for (const [what, command] of [
    ['trigger', `${RESTART} --node 7`],
    ['roll', 'activities roll iggy restart --node 7,8'],
  ] as const) {
    story(
      `ends a ${what} whose terminal closes with 129, and says how to continue`,
      TWO,
      async (scene) => {
        assert.equal(await afterClosing(scene, intoFile(`${command} -o json`), showsWork), '129');
        const result = parseJson(readFileSync(join(scene.folder, 'out'), 'utf8')) as {
          outcome: string;
          resume: string;
        };
        assert.equal(result.outcome, 'interrupted');
        assert.match(
          result.resume,
          what === 'roll' ? /^ldctl activities roll --resume \S+/ : /^ldctl activities wait \d+$/,
        );
        assert.equal(scene.dispatched, 1);
      },
    );
  }

  story('ends a trigger, and a wait, whose only outputs are that terminal', ONE, async (scene) => {
    assert.equal(
      await afterClosing(scene, ldctl(...wordsOf(`${RESTART} --node 7`)), showsWork),
      '129',
    );
    const [dispatch] = scene.dispatches;
    const wait = ldctl('activities', 'wait', String(dispatch?.activities[0]?.id));
    assert.equal(await afterClosing(scene, wait, showsWork), '129');
  });

  story('ends a question that no one can answer any more with 129', {}, async (scene) => {
    const asked = (terminal: Terminal): Promise<void> => terminal.shows(/Restart iggy on all/);
    // Either the signal or the end of stdin comes first.
    for (let time = 0; time < 3; time += 1) {
      assert.equal(await afterClosing(scene, ldctl(...wordsOf(RESTART)), asked), '129');
    }
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
