import assert from 'node:assert/strict';
import { notify, TabProgress } from '../../../src/output/desktop.js';
import { memoryOutput, type MemorySink, type Terminal } from '../../../src/output/memory-output.js';
import { processOutput } from '../../../src/output/streams.js';
import { takesTabProgress } from '../../../src/output/terminal-env.js';
import { createWatchView } from '../../../src/output/views.js';
import { awaited, showRun } from './support/run-view.js';
import { HOSTILE, node, options, processing } from './support/samples.js';
import { ManualTime } from './support/time.js';

const sink = (terminal: Partial<Terminal>): MemorySink => memoryOutput(terminal).stderr;
const tab = (state: string): string => `\u001B]9;4;${state}\u001B\\`;
/** The states that a tab was told, one after the other. */
const told = ({ text }: MemorySink): string[] =>
  text
    .split('\u001B]9;4;')
    .slice(1)
    .map((rest) => rest.split('\u001B')[0] ?? '');

describe('a notification', () => {
  it('is one for the desktop, and a bell', () => {
    const terminal = sink({ isTTY: true });
    notify(terminal, 'restart of iggy completed');
    assert.equal(terminal.text, '\u001B]9;restart of iggy completed\u001B\\\u0007');
  });

  it('is a bell alone where a terminal takes no sequences', () => {
    const written: string[] = [];
    const stderr = Object.assign(Object.create(process.stderr) as NodeJS.WriteStream, {
      isTTY: true,
      on: () => stderr,
      write: (text: string) => written.push(text) > 0,
    });
    notify(processOutput({ TERM: 'dumb' }, process.stdout, stderr).stderr, 'done');
    assert.deepEqual(written, ['\u0007']);
  });

  it('lets nothing of its text act on the terminal', () => {
    const terminal = sink({ isTTY: true });
    notify(terminal, HOSTILE);
    const [, rest = ''] = terminal.text.split('\u001B]9;');
    assert.match(rest.replace('\u001B\\\u0007', ''), /^[ -~]+$/);
  });

  it('is nothing off a terminal', () => {
    const pipe = sink({});
    notify(pipe, 'done');
    assert.equal(pipe.text, '');
  });
});

describe('a terminal that shows progress in its tab', () => {
  const cases: Array<[Record<string, string>, boolean]> = [
    [{}, false],
    [{ TERM_PROGRAM: 'Apple_Terminal' }, false],
    [{ WT_SESSION: 'c1' }, true],
    [{ ConEmuANSI: 'ON' }, true],
    [{ ConEmuANSI: 'OFF' }, false],
    [{ TERM_PROGRAM: 'ghostty' }, true],
    [{ TERM_PROGRAM: 'WezTerm' }, true],
    // It took the sequence for a notification before it said that it knows it.
    [{ TERM_PROGRAM: 'iTerm.app' }, false],
    [{ TERM_PROGRAM: 'iTerm.app', TERM_FEATURES: 'T3LrMSc7UUw9Ts3BFGsSyHNoSxFP' }, true],
    [{ WT_SESSION: 'c1', TMUX: '/tmp/tmux-0/default,1,0' }, false],
    [{ TERM_PROGRAM: 'ghostty', STY: '1.pts-0' }, false],
  ];
  for (const [env, expected] of cases) {
    it(`${expected ? 'is' : 'is not'} ${JSON.stringify(env)}`, () => assert.equal(takesTabProgress(env), expected));
  }
});

describe('progress in the tab of the terminal', () => {
  const KNOWN = { isTTY: true, tabProgress: true } as const;

  it('is how many targets are done, says when one failed, and is cleared at the end', () => {
    const { view, output } = showRun({}, KNOWN);
    const progress = (...nodes: object[]): void =>
      view.on({
        event: 'progress',
        nodes: nodes.map((fields, index) => ({ ...node({ node_id: BigInt(index) }), since: 0, ...fields })),
      });
    progress();
    progress(awaited, awaited, awaited);
    progress({}, awaited, awaited);
    progress({}, awaited, awaited);
    progress({}, { status: 'rejected' }, awaited);
    view.stop();
    view.stop();
    assert.deepEqual(told(output.stderr), ['3', '1;0', '1;33', '2;66', '0']);
  });

  it('is taken away while the shell has the terminal', () => {
    const { view, output, time } = showRun({}, KNOWN);
    view.on({ event: 'progress', nodes: [] });
    time.suspend();
    time.resume();
    view.stop();
    assert.deepEqual(told(output.stderr), ['3', '0', '3', '0']);
  });

  it('only shows that something goes on while a log is watched, and nothing where it is followed for ever', () => {
    for (const [follow, states] of [
      [false, ['3', '0']],
      [true, []],
    ] as const) {
      const output = memoryOutput(KNOWN);
      const { clock, every, onSuspend } = new ManualTime();
      const title = { what: 'activities', deployment: { id: 42n, name: null } };
      const view = createWatchView(output, { ...options(), follow, quiet: false, title, clock, every, onSuspend });
      view.on({ event: 'listing', activities: [processing()] });
      view.stop();
      assert.deepEqual(told(output.stderr), states);
    }
  });

  it('is not shown where the terminal is not known to take it', () => {
    const terminal = sink({ isTTY: true });
    const progress = new TabProgress(terminal);
    progress.show({ done: 1, all: 3 });
    progress.clear();
    assert.equal(terminal.text, '');
  });

  it('is cleared when the process ends at once', () => {
    const terminal = sink(KNOWN);
    const before = process.listeners('exit');
    const progress = new TabProgress(terminal);
    progress.show({ done: 1, all: 3 });
    const [onExit] = process.listeners('exit').filter((listener) => !before.includes(listener));
    onExit?.(0);
    assert.equal(terminal.text, tab('1;33') + tab('0'));
    assert.deepEqual(process.listeners('exit'), before);
  });
});
