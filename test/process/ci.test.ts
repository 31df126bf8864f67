import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { LDCTL, type Ended } from '../helpers/ldctl.js';
import { parseJson } from '../helpers/readers.js';
import { ROOT } from '../helpers/root.js';
import { endsWith, story, type Scene } from '../helpers/scene.js';
import { assertMatches } from '../helpers/schemas.js';

const NODES = [7n, 18446744073709551615n];
const BOTH = { nodes: NODES };
const OTHER = '7263012455120900035';
const RESTART = { runtime: 'iggy', action: 'restart' };
const keyIn = (json: string): string =>
  (parseJson(json) as { idempotency_key: string }).idempotency_key;

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

/**
 * An expression of the action, `${{ inputs.api-key || env.LD_API_KEY }}`, as GitHub would fill it
 * in.
 */
function fill(text: string, inputs: Record<string, string>, env: NodeJS.ProcessEnv): string {
  return text.replace(/^\$\{\{ (.*) \}\}$/, (_all, expression: string) => {
    const values = expression.split(' || ').map((name) => {
      if (name === 'github.action_path') return ROOT;
      const [context, key = ''] = name.split(/\.(.*)/);
      assert.ok(
        context === 'env' || (context === 'inputs' && key in action.inputs),
        `what is ${name}?`,
      );
      return (context === 'env' ? env[key] : (inputs[key] ?? action.inputs[key]?.default)) ?? '';
    });
    return values.find((value) => value !== '') ?? '';
  });
}

/**
 * The outputs of a step, out of the file that it wrote them to: `name=value`, or `name<<END` and
 * lines.
 */
function outputsIn(text: string): Record<string, string> {
  const outputs = [...text.matchAll(/^([a-z-]+)(?:=(.*)|<<(.+)\n([^]*?)\n\3)$/gm)];
  return Object.fromEntries(
    outputs.map(([, name = '', value, , lines = '']) => [name, value ?? lines]),
  );
}

const binOf = ({ folder }: Scene): string =>
  join(folder, 'installed', 'ldctl', 'node_modules', '.bin');

/** The last step of the action, as a runner runs it, in an empty working folder. */
async function runAction(
  scene: Scene,
  code: number,
  inputs: Record<string, string>,
): Promise<Ended & { outputs: Record<string, string>; summary: string }> {
  const step = scripts.at(-1);
  assert.ok(step);
  const file = (name: string, text = ''): string => {
    writeFileSync(join(scene.folder, name), text);
    return join(scene.folder, name);
  };
  mkdirSync(binOf(scene), { recursive: true });
  if (!existsSync(join(binOf(scene), 'ldctl'))) symlinkSync(LDCTL, join(binOf(scene), 'ldctl'));
  const [output, summary, script] = [
    file('output'),
    file('summary'),
    file('step.sh', `cd "$HOME"\n${step.run}`),
  ];
  const filled = Object.entries(step.env).map(([name, text]) => [
    name,
    fill(text, inputs, scene.env),
  ]);
  const run = scene.spawn('bash', ['--noprofile', '--norc', '-eo', 'pipefail', script], {
    ...(Object.fromEntries(filled) as Record<string, string>),
    RUNNER_TEMP: join(scene.folder, 'installed'),
    GITHUB_ACTIONS: 'true',
    GITHUB_OUTPUT: output,
    GITHUB_STEP_SUMMARY: summary,
  });
  const ended = await endsWith(code, run.input());
  const outputs = outputsIn(readFileSync(output, 'utf8'));
  assert.equal(outputs['exit-code'], String(code));
  return { ...ended, outputs, summary: readFileSync(summary, 'utf8') };
}

describe('the GitHub action', () => {
  it('has no expression in its scripts, keeps the key from the step that installs, and hands on outputs', () => {
    assert.equal(action.runs.using, 'composite');
    for (const { run } of scripts) assert.doesNotMatch(run, /\$\{\{/);
    assert.deepEqual(Object.keys(scripts[0]?.env ?? {}), ['ACTION_PATH', 'PACKAGE']);
    const id = scripts.at(-1)?.id ?? '';
    for (const name of ['exit-code', 'outcome', 'json']) {
      assert.equal(action.outputs[name]?.value, `\${{ steps.${id}.outputs.${name} }}`);
    }
  });

  story('installs the packed release, and shows npm no key', {}, async (scene) => {
    const npm = '#!/bin/sh\necho "key=$LD_API_KEY"; for word in "$@"; do echo "$word"; done\n';
    writeFileSync(join(scene.folder, 'npm'), npm, { mode: 0o755 });
    writeFileSync(join(scene.folder, 'my ldctl.tgz'), '');
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      version: string;
    };
    const tarball = 'https://releases.example/ldctl.tgz';
    for (const [given, installed] of [
      ['', `ldctl@${version}`],
      [tarball, tarball],
      ['my ldctl.tgz', realpathSync(join(scene.folder, 'my ldctl.tgz'))],
      ['--global', '--global'],
    ] as const) {
      const script = ['-eo', 'pipefail', '-c', `cd "$HOME"\n${scripts[0]?.run ?? ''}`];
      const env = { ACTION_PATH: ROOT, PACKAGE: given, RUNNER_TEMP: '/runner temp' };
      const { stdout } = await endsWith(0, scene.spawn('bash', script, env).input());
      const flags = [
        '--prefix',
        '/runner temp/ldctl',
        '--ignore-scripts',
        '--no-audit',
        '--no-fund',
      ];
      assert.deepEqual(stdout.trim().split('\n'), ['key=', 'install', ...flags, '--', installed]);
    }
  });

  story(
    'ends as ldctl does, hands on its result, and prints the key nowhere',
    { ...BOTH, reject: [7n] },
    async (scene) => {
      const key = scene.sandbox.apiKey;
      const inputs = {
        ...RESTART,
        nodes: NODES.join(),
        'api-key': key,
        'idempotency-key': 'run-42',
      };
      const { stdout, stderr, outputs, summary } = await runAction(scene, 3, inputs);
      assert.deepEqual(scene.bodies, ['{"nodes":[7,18446744073709551615]}']);
      const { json = '', outcome } = outputs;
      assert.equal(outcome, 'rejected');
      assertMatches('run-result', json);
      assert.equal(keyIn(json), 'run-42');
      assert.match(json, /"node_id": "18446744073709551615"/);
      assert.match(stderr, /^::error title=[^:]+::.*\b7\b.*rejected/m);
      assert.match(summary, /^18446744073709551615 +\d+ +completed/m);
      assert.ok(!JSON.stringify([stdout, stderr, outputs, summary]).includes(key));
    },
  );

  story('acts on every node only when asked to', BOTH, async (scene) => {
    const forgotten = await runAction(scene, 2, RESTART);
    assert.deepEqual([forgotten.outputs.outcome, scene.posts.length], ['error', 0]);
    assert.match(
      forgotten.stderr,
      /^::error title=ldctl usage::--node is empty\. Is a variable unset\?/m,
    );
    assertMatches('error', forgotten.outputs.json ?? '');
    const every = { ...RESTART, 'every-node': 'true', 'expect-nodes': '2', timeout: '1m' };
    const dry = await runAction(scene, 0, { ...every, 'dry-run': 'true' });
    assert.deepEqual([dry.outputs.outcome, scene.posts.length], ['dry_run', 0]);
    await runAction(scene, 0, every);
    assert.deepEqual(scene.bodies, ['{}']);
  });

  story('rolls when asked to, and hands on what a roll takes', BOTH, async (scene) => {
    mkdirSync(binOf(scene), { recursive: true });
    const says =
      'for word in "$@"; do echo "$word" >> "$HOME/words"; done; echo \'{"outcome":"halted"}\'; exit 9';
    writeFileSync(join(binOf(scene), 'ldctl'), `#!/bin/sh\n${says}\n`, { mode: 0o755 });
    const how = {
      deployment: OTHER,
      'supervisor-url': 'https://supervisor.example',
      'max-unavailable': '10%',
      pause: '30s',
      gate: 'curl -f "$URL"',
      'if-busy': 'wait',
    };
    const { outputs } = await runAction(scene, 9, {
      ...RESTART,
      roll: 'true',
      'every-node': 'true',
      ...how,
    });
    assert.equal(outputs.outcome, 'halted');
    assert.deepEqual(readFileSync(join(scene.folder, 'words'), 'utf8').trimEnd().split('\n'), [
      ...['activities', 'roll', '--output=json', '--yes'],
      ...Object.entries(how).map(([name, value]) => `--${name}=${value}`),
      ...['--', 'iggy', 'restart'],
    ]);
  });

  story('takes what an input holds as a value, never as code or as a flag', BOTH, async (scene) => {
    for (const text of ['$(touch pwned)', '7"; touch pwned; "\n--yes']) {
      await runAction(scene, 2, { ...RESTART, nodes: text });
      await runAction(scene, 2, { ...RESTART, nodes: '7', action: text });
    }
    await runAction(scene, 2, { ...RESTART, nodes: '--yes' });
    assert.ok(!existsSync(join(scene.folder, 'pwned')));
    assert.equal(scene.posts.length, 0);
  });
});

/**
 * The lines of the GitLab job, which its runner strings together in a shell that ends at the first
 * failure.
 */
function gitlabScript(): string {
  const text = readFileSync(join(ROOT, 'examples/gitlab-ci.yml'), 'utf8');
  const jobs = parseYaml(text) as Record<string, { script: string[] }>;
  return jobs['restart-iggy']?.script.join('\n') ?? assert.fail('no script');
}

/** The shell of the Jenkins stage, its backslashes as Groovy reads them. */
function jenkinsScript(): string {
  const [, script] =
    /sh '''(.*?)'''/s.exec(readFileSync(join(ROOT, 'examples/Jenkinsfile'), 'utf8')) ?? [];
  return script?.replaceAll('\\\\', '\\') ?? assert.fail('no script');
}

const EXAMPLES = [
  {
    name: 'the GitLab job, also of a matrix,',
    script: gitlabScript(),
    env: { CI_PIPELINE_ID: '42', CI_JOB_NAME: 'Neustart "größer": [iggy, 東京, $HOME]' },
    key: '42-Neustart "größer": [iggy, 東京, $HOME]',
  },
  {
    name: 'the Jenkins stage, of any name,',
    script: jenkinsScript(),
    env: {
      BUILD_TAG: 'jenkins-Ordner-größer Job-7',
      STAGE_NAME: "Matrix - OS = 'linux', 東京 `id`",
    },
    key: "jenkins-Ordner-größer Job-7 Matrix - OS = 'linux', 東京 `id`",
  },
];

describe('the examples for CI', () => {
  for (const { name, script, env, key } of EXAMPLES) {
    story(
      `${name} ends as ldctl does, and restarts nothing twice`,
      { ...BOTH, reject: [7n] },
      async (scene) => {
        const run = (code: number, nodes: string): Promise<Ended> => {
          const command = ['-eo', 'pipefail', '-c', `cd "$HOME"\n${script}`];
          return endsWith(code, scene.spawn('bash', command, { ...env, NODES: nodes }).input());
        };
        const result = (): string => readFileSync(join(scene.folder, 'result.json'), 'utf8');
        await run(2, '');
        assert.equal(scene.posts.length, 0);
        for (const node of ['18446744073709551615', '18446744073709551615']) await run(0, node);
        assert.equal(scene.dispatched, 1);
        assertMatches('run-result', result());
        assert.equal(keyIn(result()), key);
        await run(3, NODES.join());
        assert.match(result(), /"outcome": "rejected"/);
      },
    );
  }
});
