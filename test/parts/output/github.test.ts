import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { type ResultFields } from '../../../src/base/outcome.js';
import { reportToGitHub } from '../../../src/output/github.js';
import { memoryOutput } from '../../helpers/memory-output.js';
import { itOnPosix } from '../../helpers/platform.js';
import { privateFolder, removeFolders } from '../config/fixtures.js';
import { missing, node, run } from './support/samples.js';

const ON = { GITHUB_ACTIONS: 'true' };
const open = node({ node_id: 16n, activity_id: 160n, status: 'processing', finished_at: null });

describe('annotations in GitHub Actions', () => {
  const gate = { exit_code: 4, timed_out: false, cut_off: false, took_ms: 1000 };
  const halted = node({ node_id: 16n, activity_id: 160n, gate });
  const cases: Array<[what: string, Partial<ResultFields>, string[]]> = [
    [
      'of a roll tell of a gate that failed, and not of nodes that were not started',
      { outcome: 'halted', nodes: [halted, missing({ status: 'not_started' })] },
      ['node 16 did not pass the gate, which failed with 4 (activity 160)'],
    ],
    [
      'are none for a node that keeps running after an interrupt',
      { outcome: 'interrupted', nodes: [open, node()] },
      [],
    ],
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
      const odd = { runtime: 'ig:gy', action: 'reconfigure:7,100%' };
      await reportToGitHub(output, ON, run({ ...result, ...odd }), 'sandbox');
      const title = '::error title=reconfigure of ig%3Agy to 7%2C100%25 on sandbox::';
      assert.deepEqual(
        output.stderr.lines,
        expected.map((message) => title + message),
      );
      assert.equal(output.stdout.text, '');
    });
  }
});

describe('the step summary in GitHub Actions', () => {
  after(removeFolders);

  itOnPosix('that is a FIFO without a reader is not waited for', 'it has no FIFOs', async () => {
    const file = join(privateFolder(), 'fifo');
    execFileSync('mkfifo', [file]);
    const output = memoryOutput();
    await reportToGitHub(output, { ...ON, GITHUB_STEP_SUMMARY: file }, run(), 'sandbox');
    assert.match(output.stderr.text, /the step summary could not be written: ENXIO/);
  });
});
