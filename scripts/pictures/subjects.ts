import { type StartSandboxOptions } from '../../src/sandbox/index.js';
import { nodeIds } from '../../src/sandbox/options.js';
import { type Size } from '../../test/helpers/screen.js';
import { type Cue } from './recording.js';

/** Something to take a picture of. */
export interface Subject {
  /** What is to be seen, in a sentence. */
  title: string;
  sandbox: StartSandboxOptions;
  /** What was done before, out of sight. */
  before?: readonly string[];
  lines: readonly string[];
  size: Size;
  /** What happens on the way; without a `stop`, the picture is of the end. */
  cues: readonly Cue[];
  /** All of it, and not just the end. */
  film: boolean;
}

/** With this seed the first node takes four fifths of the time that it is to take, the second all, the third more. */
const ONE_AFTER_THE_OTHER = { seed: 68, nodes: nodeIds(3), history: 1 };
const WINDOW: Size = { columns: 80, rows: 24 };
const RESTART = ['activities', 'trigger', 'iggy', 'restart', '--yes'];
const [, second = 0n] = nodeIds(3);

export const SUBJECTS: Readonly<Record<string, Subject>> = {
  follow: {
    title: 'A restart of three nodes that is followed: one has completed, two are processing',
    sandbox: { ...ONE_AFTER_THE_OTHER, workMs: 5000 },
    lines: [`ldctl ${RESTART.join(' ')}`],
    size: WINDOW,
    cues: [{ when: /1 of 3 done/, do: 'stop' }],
    film: false,
  },
  watch: {
    title:
      'activities list --watch, while three nodes finish one after the other; meanwhile the window is made narrower, and wide again',
    sandbox: { ...ONE_AFTER_THE_OTHER, history: 20, workMs: 10_000 },
    before: [...RESTART, '--no-wait'],
    lines: ['ldctl activities list --watch --action restart --limit 8 --interval 1s'],
    size: WINDOW,
    cues: [
      { when: /2 processing/, do: { columns: 60, rows: 24 } },
      { when: /1 processing/, do: WINDOW },
    ],
    film: true,
  },
  rolling: {
    title: 'A rolling restart of six nodes, two at a time, with a gate after each',
    sandbox: { nodes: nodeIds(6), history: 20, workMs: 3000 },
    lines: [`ldctl ${RESTART.join(' ')} \\\n  --rolling --max-unavailable 2 --gate-cmd 'echo lag 0'`],
    size: { columns: 80, rows: 36 },
    cues: [{ when: /3 of 6 done/, do: 'stop' }],
    film: false,
  },
  rejection: {
    title: 'A node rejects the restart: it is named, and the exit code is 3',
    sandbox: { ...ONE_AFTER_THE_OTHER, workMs: 1500, reject: [second] },
    lines: [`ldctl ${RESTART.join(' ')}`, 'echo $?'],
    size: { columns: 92, rows: 24 },
    cues: [],
    film: false,
  },
};
