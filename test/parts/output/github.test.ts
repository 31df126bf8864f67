import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ResultFields } from '../../../src/base/outcome.js';
import { reportToGitHub } from '../../../src/output/github.js';
import { memoryOutput } from '../../helpers/memory-output.js';
import { itOnPosix } from '../../helpers/platform.js';
import { missing, node, run } from './support/samples.js';

const ON = { GITHUB_ACTIONS: 'true' };
const open = node({ node_id: 16n, activity_id: 160n, status: 'processing', finished_at: null });
const rejected = node({ node_id: 17n, activity_id: 170n, status: 'rejected' });

describe('annotations in GitHub Actions', () => {
  const gate = { exit_code: 4, timed_out: false, cut_off: false, took_ms: 1000 };
  const halted = node({ node_id: 16n, activity_id: 160n, gate });
  const cases: Array<[what: string, Partial<ResultFields>, string[]]> = [
    [
      'are one a node that was rejected, is missing, or had not ended, whatever the outcome',
      {
        outcome: 'rejected',
        nodes: [node(), rejected, missing({ node_id: 18n }), open, missing({ status: null })],
      },
      [
        'node 17 rejected it (activity 170)',
        'node 18 missing from the log',
        'node 16 still processing (activity 160)',
        'node 610809900976570889 not seen yet',
      ],
    ],
    [
      'of a roll tell of a gate that failed, and not of nodes that were not started',
      { outcome: 'halted', nodes: [halted, missing({ status: 'not_started' })] },
      ['node 16 completed, but its gate failed with 4 (activity 160)'],
    ],
    [
      'are none for a node that keeps running after an interrupt',
      { outcome: 'interrupted', nodes: [open, node()] },
      [],
    ],
    ['are none for a node that is not waited for', { outcome: 'accepted', nodes: [open] }, []],
    [
      'tell of nodes that were expected and never seen',
      { outcome: 'unconfirmed', nodes: [missing({ node_id: null })] },
      ['an expected node missing from the log'],
    ],
    [
      'escape what a workflow command would act on',
      { outcome: 'timed_out', nodes: [node({ ...open, status: 'a\r\n::error::##[x] 9%' })] },
      ['node 16 a  ::error::## [x] 9%25 (activity 160)'],
    ],
  ];
  for (const [what, result, expected] of cases) {
    it(what, async () => {
      const output = memoryOutput();
      await reportToGitHub(output, ON, run({ ...result, action: 'reconfigure:7,100%' }), 'sandbox');
      const title = '::error title=reconfigure%3A7%2C100%25 of iggy::';
      assert.deepEqual(
        output.stderr.lines,
        expected.map((message) => title + message),
      );
      assert.equal(output.stdout.text, '');
    });
  }
});

describe('the step summary in GitHub Actions', () => {
  let folder: string;
  before(async () => (folder = await mkdtemp(join(tmpdir(), 'ldctl-summary-'))));
  after(() => rm(folder, { recursive: true }));

  it('is a heading, a table in a block of code, and the command to continue: text of the API is no markup', async () => {
    const file = join(folder, 'summary.md');
    await writeFile(file, 'before\n');
    const odd = node({ ...open, status: '```\n```', ambiguous: true });
    const nodes = [node(), rejected, missing({ node_id: 18n }), odd];
    const resume = 'ldctl activities wait 160';
    const result = run({ outcome: 'timed_out', action: '<b>|www.x', nodes, resume });
    const output = memoryOutput();
    output.names = new Map([[17n, 'broker-2']]);
    const env = { ...ON, GITHUB_STEP_SUMMARY: file };
    await reportToGitHub(output, env, result, '```\nplatform/sandbox');
    assert.match(output.stderr.text, /::node 17 \(broker-2\) rejected it/);
    assert.deepEqual((await readFile(file, 'utf8')).trimEnd().split('\n'), [
      'before',
      '### &#60;b&#62;&#124;www&#46;x of iggy: timed out',
      '',
      '```text',
      'On ``` platform/sandbox',
      'NODE                NAME      ACTIVITY             STATUS     TOOK  AMBIGUOUS',
      '610809900976570889  -         7261845022003200001  completed  4.8s  no',
      '17                  broker-2  170                  rejected   4.8s  no',
      '18                  -         -                    missing    -     no',
      '16                  -         160                  ``` ```    -     yes',
      '```',
      '',
      'To continue:',
      '',
      '```sh',
      'ldctl activities wait 160',
      '```',
    ]);
  });

  itOnPosix('that is a FIFO without a reader is not waited for', 'it has no FIFOs', async () => {
    const file = join(folder, 'fifo');
    execFileSync('mkfifo', [file]);
    const output = memoryOutput();
    await reportToGitHub(output, { ...ON, GITHUB_STEP_SUMMARY: file }, run(), 'sandbox');
    assert.match(output.stderr.text, /the step summary could not be written: ENXIO/);
  });
});
