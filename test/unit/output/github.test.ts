import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ResultFields } from '../../../src/base/outcome.js';
import { reportToGitHub } from '../../../src/output/github.js';
import { memoryOutput } from '../../../src/output/memory-output.js';
import { HOSTILE, missing, node, run } from './support/samples.js';
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
  it('are one a node that was rejected, is missing, or timed out', async () => {
    const result = run({
      outcome: 'timed_out',
      nodes: [node(), node({ node_id: 17n, activity_id: 170n, status: 'rejected' }), missing({ node_id: 18n }), open],
    });
    assert.deepEqual(await annotations(result), [
      '::error title=restart of iggy rejected::node 17 rejected: activity 170 is rejected',
      '::error title=restart of iggy missing::node 18 missing: no entry of it in the activity log',
      '::error title=restart of iggy timed out::node 16 timed out: activity 160 is processing',
    ]);
  });

  it('of a roll tell of a gate that failed, and not of nodes that were not started', async () => {
    const gate = { exit_code: 4, timed_out: false, took_ms: 1000 };
    const waiting = missing({ node_id: 18n, status: 'not_started' });
    const nodes = [node({ node_id: 16n, activity_id: 160n, gate }), waiting];
    assert.deepEqual(await annotations(run({ outcome: 'halted', nodes })), [
      '::error title=restart of iggy gate failed with 4::node 16 gate failed with 4: activity 160 is completed',
    ]);
    assert.deepEqual(await annotations(run({ outcome: 'timed_out', nodes: [node(), waiting] })), []);
  });

  it('are one a node that nobody can be sure of', async () => {
    const unsure = node({ node_id: 17n, activity_id: 170n, ambiguous: true });
    assert.deepEqual(await annotations(run({ outcome: 'unconfirmed', nodes: [node(), unsure, open] })), [
      '::error title=restart of iggy unconfirmed::node 17 unconfirmed: activity 170 is completed',
      '::error title=restart of iggy unconfirmed::node 16 unconfirmed: activity 160 is processing',
    ]);
    assert.deepEqual(await annotations(run({ outcome: 'completed', nodes: [unsure] })), []);
  });

  it('are none for a node that is only still processing', async () => {
    assert.deepEqual(await annotations(run({ outcome: 'interrupted', nodes: [open, node()] })), []);
  });

  it('tell of nodes that were expected and never seen', async () => {
    assert.deepEqual(await annotations(run({ outcome: 'unconfirmed', nodes: [missing({ node_id: null })] })), [
      '::error title=restart of iggy missing::an expected node missing: no entry of it in the activity log',
    ]);
  });

  it('escape what a workflow command would act on', async () => {
    const action = 'reconfigure:7,100%';
    assert.deepEqual(await annotations(run({ action, outcome: 'rejected', nodes: [node({ status: 'rejected' })] })), [
      '::error title=reconfigure%3A7%2C100%25 of iggy rejected::' +
        'node 610809900976570889 rejected: activity 7261845022003200001 is rejected',
    ]);
    const [line, ...others] = await annotations(
      run({ outcome: 'timed_out', nodes: [node({ status: `100%\r\n::error::${HOSTILE}` })] }),
    );
    assert.match(line ?? '', /is 100%25 {2}::error::[ -~]*$/);
    assert.deepEqual(others, []);
  });

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
        'To take it up again:',
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
