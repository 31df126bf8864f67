import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ResultFields } from '../../../src/base/outcome.js';
import { reportToGitHub } from '../../../src/output/github.js';
import { memoryOutput } from '../../helpers/memory-output.js';
import { missing, node, run } from './support/samples.js';
import { itOnPosix } from '../../helpers/platform.js';

const ON = { GITHUB_ACTIONS: 'true' };

async function annotations(result: ResultFields): Promise<string[]> {
  const output = memoryOutput();
  await reportToGitHub(output, ON, result);
  assert.equal(output.stdout.text, '');
  return output.stderr.lines;
}

const open = node({ node_id: 16n, activity_id: 160n, status: 'processing', finished_at: null });

describe('annotations in GitHub Actions', () => {
  const of = 'title=restart of iggy';
  const rejected = node({ node_id: 17n, activity_id: 170n, status: 'rejected' });
  const waiting = missing({ node_id: 18n, status: 'not_started' });
  const halted = node({ node_id: 16n, gate: { exit_code: 4, timed_out: false, took_ms: 1000 } });
  const cases: Array<[what: string, ResultFields, string[]]> = [
    [
      'are one a node that was rejected, is missing, or had not ended, whatever the outcome',
      run({
        outcome: 'rejected',
        nodes: [node(), rejected, missing({ node_id: 18n }), open, node({ ...open, status: null })],
      }),
      [
        `::error ${of}::node 17 rejected it: activity 170`,
        `::error ${of}::node 18 is missing: the activity log has no entry of it`,
        `::error ${of}::node 16 had not ended: activity 160 is processing`,
        `::error ${of}::node 16 was not seen yet`,
      ],
    ],
    [
      'of a roll tell of a gate that failed, and not of nodes that were not started',
      run({ outcome: 'halted', nodes: [halted, waiting] }),
      [`::error ${of}::the gate after node 16 failed with 4`],
    ],
    ['are none for a node that goes on after an interrupt', run({ outcome: 'interrupted', nodes: [open, node()] }), []],
    ['are none for a node that is not waited for', run({ outcome: 'accepted', nodes: [open] }), []],
    [
      'tell of nodes that were expected and never seen',
      run({ outcome: 'unconfirmed', nodes: [missing({ node_id: null })] }),
      [`::error ${of}::an expected node is missing: the activity log has no entry of it`],
    ],
    [
      'escape what a workflow command would act on',
      run({
        action: 'reconfigure:7,100%',
        outcome: 'timed_out',
        nodes: [node({ ...open, status: 'a\r\n::error::##[x] 9%' })],
      }),
      [
        '::error title=reconfigure%3A7%2C100%25 of iggy::node 16 had not ended: activity 160 is a  ::error::## [x] 9%25',
      ],
    ],
  ];
  for (const [what, result, expected] of cases) {
    it(what, async () => assert.deepEqual(await annotations(result), expected));
  }

  it('are not written elsewhere', async () => {
    const output = memoryOutput();
    await reportToGitHub(output, { GITHUB_STEP_SUMMARY: '/nowhere/summary' }, run({ nodes: [missing()] }));
    assert.equal(output.stderr.text, '');
  });
});

describe('the step summary in GitHub Actions', () => {
  let folder: string;
  before(async () => (folder = await mkdtemp(join(tmpdir(), 'ldctl-summary-'))));
  after(() => rm(folder, { recursive: true }));

  async function summary(result: ResultFields, name = 'summary.md'): Promise<string> {
    const file = join(folder, name);
    await reportToGitHub(memoryOutput(), { ...ON, GITHUB_STEP_SUMMARY: file }, result);
    return readFile(file, 'utf8');
  }

  itOnPosix('is not written to a pipe that nobody reads, and not waited for', 'it has no FIFOs', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const output = memoryOutput();
    await reportToGitHub(output, { ...ON, GITHUB_STEP_SUMMARY: pipe }, run());
    assert.match(output.stderr.text, /^warning: the step summary could not be written: ENXIO/);
  });

  it('is a Markdown table, appended to what is there', async () => {
    await writeFile(join(folder, 'there.md'), 'before\n');
    const result = run({
      outcome: 'timed_out',
      nodes: [
        node(),
        node({ node_id: 17n, status: 'rejected' }),
        missing({ node_id: 18n }),
        { ...open, ambiguous: true },
      ],
      resume: 'ldctl activities wait 160',
    });
    assert.equal(
      await summary(result, 'there.md'),
      [
        'before',
        '### restart of iggy: timed out',
        '',
        'Deployment 42',
        '',
        '| Node | Activity | Status | Took |',
        '| --- | --- | --- | --- |',
        '| 610809900976570889 | 7261845022003200001 | ✅ completed | 4.8s |',
        '| 17 | 7261845022003200001 | ❌ rejected | 4.8s |',
        '| 18 | – | ❌ missing | – |',
        '| 16 | 160 | ⏳ processing (ambiguous) | – |',
        '',
        'To go on:',
        '',
        '```sh',
        'ldctl activities wait 160',
        '```',
        '',
        '',
      ].join('\n'),
    );
  });

  it('keeps text of the API from being markup', async () => {
    const text = await summary(run({ nodes: [node({ status: '<b>|x|</b>\n# y' })] }), 'markup.md');
    assert.match(text, /\| ⏳ &#60;b&#62;&#124;x&#124;&#60;\/b&#62; &#35; y \|/);
  });

  it('that cannot be written is a warning', async () => {
    const output = memoryOutput();
    await reportToGitHub(output, { ...ON, GITHUB_STEP_SUMMARY: join(folder, 'no', 'such', 'folder') }, run());
    assert.match(output.stderr.text, /^warning: the step summary could not be written: ENOENT/);
  });
});
