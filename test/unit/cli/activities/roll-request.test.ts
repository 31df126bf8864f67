import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { type Host } from '../../../../src/cli/host.js';
import { parseRollRequest, rollCommand, type RollFlags, type RollRequest } from '../../../../src/cli/activities/roll-request.js';
import { type TriggerInput } from '../../../../src/cli/activities/trigger-request.js';
import { UsageError } from '../../../../src/core/errors.js';

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
const MINUTE = 60_000;

function parse(flags: Partial<RollFlags> = {}, request: Partial<TriggerInput> = {}): RollRequest | null {
  return parseRollRequest({} as Host, { ...FLAGS, ...flags }, { ...REQUEST, ...request });
}

describe('the flags of a roll', () => {
  it('have defaults: one node at a time, no pause, no gate, 10 minutes a node, halt at the first that fails', () => {
    const roll = parse();
    assert.ok(roll);
    const { maxUnavailable, ...rest } = roll;
    assert.equal(maxUnavailable(9), 1);
    assert.deepEqual(rest, { ifBusy: 'ignore', pauseMs: 0, continueOnError: false, nodeTimeoutMs: 10 * MINUTE, gate: null });
  });

  it('say otherwise', () => {
    const roll = parse({ 'max-unavailable': '25%', pause: '1m', 'node-timeout': '0', 'if-busy': 'wait', 'gate-cmd': 'true' });
    assert.equal(roll?.maxUnavailable(9), 2);
    assert.deepEqual([roll.pauseMs, roll.nodeTimeoutMs, roll.ifBusy, typeof roll.gate], [MINUTE, null, 'wait', 'function']);
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

describe('the command that goes on with a roll', () => {
  const goOn = (flags: Partial<RollFlags> = {}, request: Partial<TriggerInput> = {}): string =>
    rollCommand({ ...REQUEST, maxUnavailable: 50, ...request }, { ...FLAGS, ...flags }, [3n, 18446744073709551615n], [
      '--deployment',
      '71',
      '--supervisor-url',
      'https://supervisor.example/x?y=1',
    ]);

  /** The words that a shell makes of it. */
  const wordsOf = (command: string): string[] => {
    const script = `ldctl() { for word; do printf '%s\\n' "$word"; done; }\n${command}`;
    return spawnSync('sh', ['-c', script], { encoding: 'utf8' }).stdout.trimEnd().split('\n');
  };

  it('names the action, the nodes and the deployment', () => {
    assert.deepEqual(wordsOf(goOn()), [
      ...['activities', 'trigger', 'iggy', 'reconfigure:42', '--rolling', '--node', '3,18446744073709551615'],
      ...['--deployment', '71', '--supervisor-url', 'https://supervisor.example/x?y=1'],
    ]);
  });

  it('goes on in the same way, with a window as wide as before', () => {
    const gate = `curl -fsS "https://$HOST/health" | grep -q 'ok!'; true # $(x) \\ é`;
    const command = goOn(
      {
        'max-unavailable': '25%',
        pause: '30s',
        'gate-cmd': gate,
        'gate-timeout': '1m',
        'node-timeout': '5m',
        timeout: '1h',
        interval: '2s',
        'appear-timeout': '2m',
        'claim-window': '1m',
        'if-busy': 'wait',
        'continue-on-error': true,
      },
      { callersKey: true },
    );
    for (const part of [
      ...['--max-unavailable 50 ', '--pause 30s ', '--gate-timeout 1m ', '--node-timeout 5m ', '--timeout 1h '],
      ...['--interval 2s ', '--appear-timeout 2m ', '--claim-window 1m ', '--if-busy wait ', '--continue-on-error ', '--idempotency-key deploy-7 '],
    ]) {
      assert.ok(command.includes(part), `${part} is not in ${command}`);
    }
    const words = wordsOf(command);
    assert.equal(words[words.indexOf('--gate-cmd') + 1], gate);
  });

  it('tells no random key: nobody knows it but this run', () => {
    assert.doesNotMatch(goOn(), /idempotency-key|deploy-7/);
  });
});
