import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse as parseYaml } from 'yaml';
import { LDCTL, type Ended } from '../helpers/ldctl.js';
import { withScene, type Scene } from '../helpers/scene.js';
import { assertMatches } from '../helpers/schemas.js';
import { sideBySide } from '../helpers/side-by-side.js';
import { parseJson } from '../helpers/readers.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const NODES = [7n, 18446744073709551615n];

interface Action {
  inputs: Record<string, { default?: string; required?: boolean }>;
  outputs: Record<string, { value: string }>;
  runs: { using: string; steps: Array<{ name: string } | Script> };
}

interface Script {
  name: string;
  id?: string;
  env: Record<string, string>;
  run: string;
}

const action = parseYaml(readFileSync(join(ROOT, 'action.yml'), 'utf8')) as Action;
/** Its own steps: the first installs, the last triggers. */
const scripts = action.runs.steps.filter((step): step is Script => 'run' in step);

/** An expression of the action, `${{ inputs.api-key || env.LD_API_KEY }}`, as GitHub would fill it in. */
function fill(text: string, inputs: Record<string, string>, env: NodeJS.ProcessEnv): string {
  return text.replace(/^\$\{\{ (.*) \}\}$/, (_all, expression: string) => {
    const values = expression.split(' || ').map((name) => {
      if (name === 'github.action_path') return ROOT;
      const [context, key = ''] = name.split(/\.(.*)/);
      assert.ok(context === 'env' || (context === 'inputs' && key in action.inputs), `what is ${name}?`);
      return (context === 'env' ? env[key] : (inputs[key] ?? action.inputs[key]?.default)) ?? '';
    });
    return values.find((value) => value !== '') ?? '';
  });
}

/** The outputs of a step, out of the file that it wrote them to. */
function outputsIn(text: string): Record<string, string> {
  const outputs: Record<string, string> = {};
  const lines = text.split('\n');
  for (let line = lines.shift(); line; line = lines.shift()) {
    const [, name = '', end] = /^([a-z-]+)<<(.+)$/.exec(line) ?? [];
    if (end === undefined) outputs[line.slice(0, line.indexOf('='))] = line.slice(line.indexOf('=') + 1);
    else
      outputs[name] = lines
        .splice(0, lines.indexOf(end) + 1)
        .slice(0, -1)
        .join('\n');
  }
  return outputs;
}

/** The last step of the action, as a runner runs it, in an empty working folder. */
async function runAction(
  scene: Scene,
  inputs: Record<string, string>,
): Promise<Ended & { outputs: Record<string, string>; summary: string }> {
  const step = scripts.at(-1);
  assert.ok(step);
  const file = (name: string, text = ''): string => {
    const path = join(scene.folder, name);
    writeFileSync(path, text);
    return path;
  };
  const installed = join(scene.folder, 'ldctl-installed', 'ldctl', 'node_modules', '.bin');
  mkdirSync(installed, { recursive: true });
  if (!existsSync(join(installed, 'ldctl'))) symlinkSync(LDCTL, join(installed, 'ldctl'));
  const [output, summary, script] = [file('output'), file('summary'), file('step.sh', `cd "$HOME"\n${step.run}`)];
  const filled = Object.entries(step.env).map(([name, text]) => [name, fill(text, inputs, scene.env)]);
  const run = scene.spawn('bash', ['--noprofile', '--norc', '-eo', 'pipefail', script], {
    ...(Object.fromEntries(filled) as Record<string, string>),
    RUNNER_TEMP: join(scene.folder, 'ldctl-installed'),
    GITHUB_ACTIONS: 'true',
    GITHUB_OUTPUT: output,
    GITHUB_STEP_SUMMARY: summary,
  });
  const ended = await run.input().ended();
  return { ...ended, outputs: outputsIn(readFileSync(output, 'utf8')), summary: readFileSync(summary, 'utf8') };
}

const RESTART = { runtime: 'iggy', action: 'restart' };

describe('the GitHub action', function () {
  this.timeout(300_000);

  it('has no expression in its scripts, where an input would be run as code', () => {
    assert.equal(action.runs.using, 'composite');
    for (const { run } of scripts) assert.doesNotMatch(run, /\$\{\{/);
  });

  it('keeps the key away from the step that installs', () => {
    const [install] = scripts;
    assert.deepEqual(Object.keys(install?.env ?? {}), ['ACTION_PATH', 'PACKAGE']);
  });

  it('installs the packed release, and shows npm no key', () =>
    withScene({}, async (scene) => {
      const npm = '#!/bin/sh\necho "key=$LD_API_KEY"; for word in "$@"; do echo "$word"; done\n';
      writeFileSync(join(scene.folder, 'npm'), npm, { mode: 0o755 });
      writeFileSync(join(scene.folder, 'my ldctl.tgz'), '');
      const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
      const tarball = 'https://releases.example/ldctl.tgz';
      for (const [given, installed] of [
        ['', `ldctl@${version}`],
        [tarball, tarball],
        ['my ldctl.tgz', realpathSync(join(scene.folder, 'my ldctl.tgz'))],
        ['--global', '--global'],
      ] as const) {
        const script = `cd "$HOME"\n${scripts[0]?.run ?? ''}`;
        const env = { ACTION_PATH: ROOT, PACKAGE: given, RUNNER_TEMP: '/runner temp' };
        const { code, stdout, stderr } = await scene
          .spawn('bash', ['-eo', 'pipefail', '-c', script], env)
          .input()
          .ended();
        assert.equal(code, 0, stderr);
        const flags = ['--prefix', '/runner temp/ldctl', '--ignore-scripts', '--no-audit', '--no-fund'];
        assert.deepEqual(stdout.trim().split('\n'), ['key=', 'install', ...flags, '--', installed]);
      }
    }));

  it('hands on what its last step puts out', () => {
    const id = scripts.at(-1)?.id ?? '';
    for (const name of ['exit-code', 'outcome', 'json']) {
      assert.equal(action.outputs[name]?.value, `\${{ steps.${id}.outputs.${name} }}`);
    }
  });

  /** What an attacker, or a typo, may put into an input. */
  const HOSTILE = [
    '$(touch pwned)',
    '`touch pwned`',
    '7"; touch pwned; "',
    "7'; touch pwned; '",
    '--yes',
    '7 --yes',
    '7\n--yes',
  ];

  sideBySide({
    'ends with 0 and the result when every node has completed': () =>
      withScene({ nodes: NODES }, async (scene) => {
        const { code, stderr, outputs, summary } = await runAction(scene, { ...RESTART, nodes: NODES.join() });
        assert.equal(code, 0, stderr);
        assert.deepEqual(
          scene.posts.map(({ body }) => body),
          ['{"nodes":[7,18446744073709551615]}'],
        );
        assert.equal(outputs.outcome, 'completed');
        assertMatches('run-result', outputs.json ?? '');
        const { nodes } = parseJson(outputs.json ?? '') as { nodes: Array<{ node_id: bigint }> };
        assert.deepEqual(
          nodes.map((node) => node.node_id),
          NODES,
        );
        assert.match(summary, /^\| 18446744073709551615 \| \d+ \| .*completed/m);
      }),

    'fails with the exit code of ldctl when a node rejected it, and says which': () =>
      withScene({ nodes: NODES, reject: [7n] }, async (scene) => {
        const { code, stderr, outputs, summary } = await runAction(scene, { ...RESTART, nodes: NODES.join() });
        assert.equal(code, 3, stderr);
        assert.match(stderr, /^::error title=[^:]+::.*\b7\b.*rejected/m);
        assert.equal(outputs.outcome, 'rejected');
        assertMatches('run-result', outputs.json ?? '');
        assert.match(summary, /^\| 7 \| \d+ \| .*rejected/m);
      }),

    'acts on every node only when told to': () =>
      withScene({ nodes: NODES }, async (scene) => {
        const forgotten = await runAction(scene, RESTART);
        assert.equal(forgotten.code, 2, forgotten.stderr);
        const { outcome, 'exit-code': exitCode } = forgotten.outputs;
        assert.deepEqual([outcome, exitCode, scene.posts.length], ['error', '2', 0]);
        assert.match(forgotten.stderr, /^::error title=ldctl empty_node::--node names no node Is a variable unset\?/m);
        assertMatches('error', forgotten.outputs.json ?? '');
        const every = await runAction(scene, { ...RESTART, 'every-node': 'true', 'expect-nodes': '2' });
        assert.equal(every.code, 0, every.stderr);
        assert.deepEqual(
          scene.posts.map(({ body }) => body),
          ['{}'],
        );
      }),

    'hands on the timeout and the key of the run': () =>
      withScene({ nodes: NODES, stuck: [7n] }, async (scene) => {
        const inputs = { ...RESTART, nodes: '7', timeout: '1s', 'idempotency-key': 'run-42' };
        const { code, stderr, outputs } = await runAction(scene, inputs);
        assert.equal(code, 8, stderr);
        assert.equal((parseJson(outputs.json ?? '') as { idempotency_key: string }).idempotency_key, 'run-42');
      }),

    'shows what a dry run would do, and sends nothing': () =>
      withScene({ nodes: NODES }, async (scene) => {
        const { code, stderr, outputs } = await runAction(scene, { ...RESTART, nodes: '7', 'dry-run': 'true' });
        assert.deepEqual([code, outputs.outcome, outputs['exit-code']], [0, 'dry_run', '0'], stderr);
        assert.equal(scene.posts.length, 0);
      }),

    'rolls when told to, and hands on what a roll takes': () =>
      withScene({ nodes: NODES }, async (scene) => {
        const bin = join(scene.folder, 'ldctl-installed', 'ldctl', 'node_modules', '.bin');
        mkdirSync(bin, { recursive: true });
        const says = 'for word in "$@"; do echo "$word" >> "$HOME/words"; done; echo \'{"outcome":"halted"}\'; exit 9';
        writeFileSync(join(bin, 'ldctl'), `#!/bin/sh\n${says}\n`, { mode: 0o755 });
        const how = { 'max-unavailable': '10%', pause: '30s', gate: 'curl -f "$URL"', 'if-busy': 'wait' };
        const { code, outputs } = await runAction(scene, { ...RESTART, roll: 'true', 'every-node': 'true', ...how });
        assert.deepEqual([code, outputs.outcome, outputs['exit-code']], [9, 'halted', '9']);
        assert.deepEqual(readFileSync(join(scene.folder, 'words'), 'utf8').trimEnd().split('\n'), [
          ...['activities', 'roll', '--output=json', '--yes'],
          ...Object.entries(how).map(([name, value]) => `--${name}=${value}`),
          ...['--', 'iggy', 'restart'],
        ]);
      }),

    'takes what an input holds as a value, never as code or as a flag': () =>
      withScene({ nodes: NODES }, async (scene) => {
        for (const text of HOSTILE) {
          const ends = [
            await runAction(scene, { ...RESTART, nodes: text }),
            await runAction(scene, { ...RESTART, nodes: '7', action: text }),
          ];
          for (const { code, stderr } of ends) assert.equal(code, 2, `${text}: ${stderr}`);
        }
        assert.ok(!existsSync(join(scene.folder, 'pwned')));
        assert.equal(scene.posts.length, 0);
      }),

    'prints the key nowhere': () =>
      withScene({ nodes: NODES }, async (scene) => {
        const key = String(scene.env.LD_API_KEY);
        const inputs = { ...RESTART, nodes: NODES.join(), 'api-key': key };
        const { stdout, stderr, outputs, summary } = await runAction(scene, inputs);
        assert.ok(!JSON.stringify([stdout, stderr, outputs, summary]).includes(key));
      }),
  });
});

/** The lines of the GitLab job, which its runner strings together in a shell that ends at the first failure. */
function gitlabScript(): string {
  const jobs = parseYaml(readFileSync(join(ROOT, 'examples/gitlab-ci.yml'), 'utf8')) as Record<
    string,
    { script: string[] }
  >;
  return jobs['restart-iggy']?.script.join('\n') ?? assert.fail('no script');
}

/** The shell of the Jenkins stage, its backslashes as Groovy reads them. */
function jenkinsScript(): string {
  const [, script] = /sh '''(.*?)'''/s.exec(readFileSync(join(ROOT, 'examples/Jenkinsfile'), 'utf8')) ?? [];
  return script?.replaceAll('\\\\', '\\') ?? assert.fail('no script');
}

const EXAMPLES = {
  'the GitLab job': {
    script: gitlabScript(),
    env: { CI_PIPELINE_ID: '42', CI_JOB_NAME: 'restart-iggy' },
    key: '42-restart-iggy',
  },
  'a GitLab job of a matrix': {
    script: gitlabScript(),
    env: { CI_PIPELINE_ID: '42', CI_JOB_NAME: 'Neustart "größer": [iggy, 東京, $HOME]' },
    key: '42-Neustart "größer": [iggy, 東京, $HOME]',
  },
  'the Jenkins stage': {
    script: jenkinsScript(),
    env: { BUILD_TAG: 'jenkins-restart-7', STAGE_NAME: 'Restart iggy' },
    key: 'jenkins-restart-7 Restart iggy',
  },
  'a Jenkins stage of any name': {
    script: jenkinsScript(),
    env: { BUILD_TAG: 'jenkins-Ordner-größer Job-7', STAGE_NAME: "Matrix - OS = 'linux', 東京 `id`" },
    key: "jenkins-Ordner-größer Job-7 Matrix - OS = 'linux', 東京 `id`",
  },
};

for (const [name, { script, env, key }] of Object.entries(EXAMPLES)) {
  describe(name, function () {
    this.timeout(300_000);

    const run = (scene: Scene, nodes: string): Promise<Ended> =>
      scene
        .spawn('bash', ['-eo', 'pipefail', '-c', `cd "$HOME"\n${script}`], { ...env, NODES: nodes })
        .input()
        .ended();
    const resultOf = (scene: Scene): string => readFileSync(join(scene.folder, 'result.json'), 'utf8');

    sideBySide({
      'ends with 0, and leaves the result, when the nodes have completed': () =>
        withScene({ nodes: NODES }, async (scene) => {
          const { code, stderr } = await run(scene, NODES.join());
          assert.equal(code, 0, stderr);
          assertMatches('run-result', resultOf(scene));
          assert.equal((parseJson(resultOf(scene)) as { idempotency_key: string }).idempotency_key, key);
        }),

      'fails, and leaves the result, when a node rejected it': () =>
        withScene({ nodes: NODES, reject: [7n] }, async (scene) => {
          const { code, stderr } = await run(scene, NODES.join());
          assert.equal(code, 3, stderr);
          assert.match(resultOf(scene), /"outcome": "rejected"/);
        }),

      'sends nothing when the variable is empty': () =>
        withScene({ nodes: NODES }, async (scene) => {
          const { code, stderr } = await run(scene, '');
          assert.equal(code, 2, stderr);
          assert.equal(scene.posts.length, 0);
        }),

      'a re-run follows the first run, and restarts nothing twice': () =>
        withScene({ nodes: NODES }, async (scene) => {
          for (const { code, stderr } of [await run(scene, '7'), await run(scene, '7')]) assert.equal(code, 0, stderr);
          assert.equal(scene.dispatched, 1);
        }),
    });
  });
}
