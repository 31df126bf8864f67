import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { type Host } from '../../../../src/cli/host.js';
import {
  parseRollRequest,
  rollOptions,
  type RollFlags,
  type RollRequest,
} from '../../../../src/cli/activities/roll-request.js';
import { type TriggerInput } from '../../../../src/cli/activities/trigger-request.js';
import { UsageError } from '../../../../src/base/errors.js';
import { rollCommand } from '../../../../src/library/resume-command.js';
import { describeOnPosix } from '../../../helpers/platform.js';
import { PLATFORM } from '../../../../src/system/platform.js';

const REQUEST: TriggerInput = {
  runtime: 'iggy',
  action: { verb: 'reconfigure', configId: 42n },
  nodes: null,
  expectNodes: null,
  claimWindowMs: 2000,
  idempotencyKey: 'deploy-7',
  callersKey: false,
  wait: true,
  limits: { timeoutMs: null, intervalMs: null, appearTimeoutMs: 30_000 },
};
const FLAGS = {
  rolling: true,
  'if-busy': 'ignore',
  'continue-on-error': false,
  'appear-timeout': '30s',
  'claim-window': '2s',
} as RollFlags;
/** It has a shell. */
const HOST = { platform: PLATFORM, env: process.env } as Host;
const MINUTE = 60_000;

function parse(flags: Partial<RollFlags> = {}, request: Partial<TriggerInput> = {}): RollRequest | null {
  return parseRollRequest(HOST, { ...FLAGS, ...flags }, { ...REQUEST, ...request });
}

describe('the flags of a roll', () => {
  it('have defaults: one node at a time, no pause, no gate, 10 minutes a node, halt at the first that fails', () => {
    const roll = parse();
    assert.ok(roll);
    const { maxUnavailable, ...rest } = roll;
    assert.equal(maxUnavailable(9), 1);
    assert.deepEqual(rest, {
      ifBusy: 'ignore',
      pauseMs: 0,
      continueOnError: false,
      nodeTimeoutMs: 10 * MINUTE,
      gate: null,
    });
  });

  it('say otherwise', () => {
    const roll = parse({
      'max-unavailable': '25%',
      pause: '1m',
      'node-timeout': '0',
      'if-busy': 'wait',
      'gate-cmd': 'true',
    });
    assert.equal(roll?.maxUnavailable(9), 2);
    assert.deepEqual(
      [roll.pauseMs, roll.nodeTimeoutMs, roll.ifBusy, typeof roll.gate],
      [MINUTE, null, 'wait', 'function'],
    );
  });

  it('are none without --rolling', () => assert.equal(parse({ rolling: false }), null));

  const strays: Array<Partial<RollFlags>> = [
    { 'max-unavailable': '2' },
    { pause: '1s' },
    { 'gate-cmd': 'true' },
    { 'gate-timeout': '1s' },
    { 'node-timeout': '1s' },
    { 'continue-on-error': true },
  ];
  for (const stray of strays) {
    const [name] = Object.keys(stray);
    it(`are refused without --rolling: --${name}`, () => {
      const isTold = (error: unknown): boolean => error instanceof UsageError && error.message.includes(`--${name}`);
      assert.throws(() => parse({ rolling: false, ...stray }), isTold);
    });
  }

  const wrong: Array<[string, Partial<RollFlags>, Partial<TriggerInput>]> = [
    ['--no-wait', {}, { wait: false }],
    ['a window of nothing', { 'max-unavailable': '0' }, {}],
    ['a pause that is no duration', { pause: 'long' }, {}],
    ['an empty gate, as an unset variable makes it', { 'gate-cmd': ' ' }, {}],
    ['a time limit for no gate', { 'gate-timeout': '1m' }, {}],
    ['a time limit that is no duration', { 'gate-cmd': 'true', 'gate-timeout': '1' }, {}],
  ];
  for (const [what, flags, request] of wrong) {
    it(`are refused: ${what}`, () => assert.throws(() => parse(flags, request), UsageError));
  }
});

describeOnPosix('the command that goes on with a roll', 'it has no sh', () => {
  const TARGET = ['--deployment', '71', '--supervisor-url', 'https://supervisor.example/x?y=1'];
  const NODES = ['--node', '3,18446744073709551615'];
  const goOn = (
    nodes: string[] | null,
    options: Record<string, string> = {},
    request: Partial<TriggerInput> = {},
  ): string => rollCommand({ ...REQUEST, ...request, options }, nodes, { target: TARGET, shell: 'sh' });

  /** The words that a shell makes of it. */
  const wordsOf = (command: string): string[] => {
    const script = `ldctl() { for word; do printf '%s\\n' "$word"; done; }\n${command}`;
    return spawnSync('sh', ['-c', script], { encoding: 'utf8' }).stdout.trimEnd().split('\n');
  };

  it('has the key of a roll that is remembered, and says nothing of its gate and its nodes', () => {
    const command = goOn(null, { 'gate-cmd': 'a gate '.repeat(1000) });
    assert.deepEqual(wordsOf(command), [
      ...['activities', 'trigger', 'iggy', 'reconfigure:42', '--rolling', '--resume', 'deploy-7'],
      ...TARGET,
    ]);
  });

  it('names action, nodes and deployment of one that is not', () => {
    assert.deepEqual(wordsOf(goOn(NODES)), [
      'activities',
      'trigger',
      'iggy',
      'reconfigure:42',
      '--rolling',
      ...NODES,
      ...TARGET,
    ]);
  });

  it('goes on in the same way', () => {
    const gate = `curl -fsS "https://$HOST/health" | grep -q 'ok!'; true # $(x) \\ é`;
    const command = goOn(
      NODES,
      { 'max-unavailable': '50', 'gate-cmd': gate, 'continue-on-error': 'true' },
      { callersKey: true },
    );
    for (const part of ['--max-unavailable 50 ', '--continue-on-error ', '--idempotency-key deploy-7 ']) {
      assert.ok(command.includes(part), `${part} is not in ${command}`);
    }
    const words = wordsOf(command);
    assert.equal(words[words.indexOf('--gate-cmd') + 1], gate);
  });

  it('tells no random key that nothing is remembered of', () =>
    assert.doesNotMatch(goOn(NODES), /idempotency-key|deploy-7/));
});

describe('what is remembered of how a roll goes', () => {
  it('is every flag that says so, and a window as wide as it was', () => {
    const given = {
      ...{
        pause: '30s',
        'gate-cmd': 'true',
        'gate-timeout': '1m',
        'node-timeout': '5m',
        timeout: '1h',
        interval: '2s',
      },
      ...{ 'appear-timeout': '2m', 'claim-window': '1m', 'if-busy': 'wait' as const },
    };
    const flags = { ...FLAGS, ...given, 'max-unavailable': '25%', 'continue-on-error': true };
    const asked = { maxUnavailable: 50 };
    const settled = { 'max-unavailable': '50', 'continue-on-error': 'true' };
    assert.deepEqual(rollOptions(flags, asked), { ...given, ...settled });
  });

  it('is nothing that goes without saying', () => assert.deepEqual(rollOptions(FLAGS, { maxUnavailable: 1 }), {}));
});
