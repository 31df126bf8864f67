import { readFileSync } from 'node:fs';
import { classify } from '../../src/job/answer.js';
import type { StepName, FactOf } from '../../src/job/job.js';
import type {
  callOff,
  createRun,
  createWait,
  interrupt,
  takeOfRun,
  tickRun,
} from '../../src/job/run/run.js';
import type { Run, State } from '../../src/job/run/state.js';
import { put } from './places.js';

/*
 * The ways from state to state of a run, by class of fact: docs/rules.md draws them.
 */

/**
 * Watches every run, until it is stopped.
 * @param told takes each way, as `checking → sending: baseline`
 * @returns stops it
 */
export function watchStates(told: (way: string) => void): () => void {
  const started = (run: Run, why: string): Run => {
    told(`[*] → ${run.state.name}: ${why}`);
    return run;
  };
  /** Does what may change the state. */
  const changing = <T>(run: Run, change: () => T, why: (state: State) => string): T => {
    const { name } = run.state;
    const done = change();
    const { state } = run;
    if (state.name !== name) told(`${name} → ${state.name}: ${why(state)}`);
    return done;
  };
  const ways = [
    put<typeof createRun>('job/run/run', 'createRun', (original, plan, kept, now) =>
      started(original(plan, kept, now), startOf(kept)),
    ),
    put<typeof createWait>('job/run/run', 'createWait', (original, ...args) =>
      started(original(...args), 'wait'),
    ),
    put<typeof tickRun>('job/run/run', 'tickRun', (original, run, now) =>
      changing(
        run,
        () => original(run, now),
        ({ name }) => (name === 'checking' ? 'old baseline' : 'too late'),
      ),
    ),
    put<typeof takeOfRun>('job/run/run', 'takeOfRun', (original, run, step, fact, now) => {
      const before = run.state.name;
      return changing(
        run,
        () => original(run, step, fact, now),
        () => classOf(fact, before, run),
      );
    }),
    put<typeof interrupt>('job/run/run', 'interrupt', (original, run, reason) =>
      changing(
        run,
        () => original(run, reason),
        () => 'interrupt',
      ),
    ),
    put<typeof callOff>('job/run/run', 'callOff', (original, run, error) =>
      changing(
        run,
        () => original(run, error),
        () => 'roll over',
      ),
    ),
  ];
  const stops = ways.map((way) => way());
  return () => {
    for (const stop of stops.reverse()) stop();
  };
}

function classOf(fact: FactOf<StepName>, before: State['name'], run: Run): string {
  switch (fact.is) {
    case 'recorded':
      return 'recorded';
    case 'found':
      return fact.kept.marks.has('accepted') ? 'other accepted record' : 'other record';
    case 'unwritten':
      return 'not written';
    case 'unreadable':
      return 'no read';
    case 'answered':
      return fact.answer instanceof Error ? classify(fact.answer).replace('-', ' ') : '202';
    case 'read':
      return shownBy(before, run);
    case 'done':
      return 'noted';
  }
}

/** What a good read has shown. */
function shownBy(before: State['name'], { state: after, entries }: Run): string {
  if (after.name !== 'ended') {
    return SHOWN[`${before} → ${after.name}`] ?? 'anything';
  }
  const { outcome, error } = after;
  if (!error) return ENDS[outcome ?? ''] ?? 'anything';
  if (error.code === 'busy' && before === 'blocked') return 'deadline';
  return REFUSALS[error.code] ?? (entries.byId.size > 0 ? 'entries' : 'too late');
}

/** By error code. */
const REFUSALS: Record<string, string> = {
  ...{ wrong_tenant: 'log of another', wrong_deployment: 'log of another', busy: 'busy' },
  ...{ nodes_changed: 'other nodes', other_node_count: 'other nodes' },
};

const SHOWN: Record<string, string> = {
  'checking → sending': 'baseline',
  'checking → blocked': 'busy',
  'blocked → checking': 'all final',
  'unknown → following': 'entries',
  'unknown → sending': 'nothing',
};
const ENDS: Record<string, string> = {
  ...{ completed: 'all final', rejected: 'all final', timed_out: 'deadline' },
  unconfirmed: 'missing',
};

function startOf(kept: Parameters<typeof createRun>[1]): string {
  if (!kept) return 'no record';
  return kept.marks.has('accepted') ? 'accepted record' : 'record';
}

/** The ways that docs/rules.md draws. */
export function drawnWays(): string[] {
  const rules = readFileSync(new URL('../../docs/rules.md', import.meta.url), 'utf8');
  const [, diagram = ''] = /```mermaid\nstateDiagram-v2\n([^]*?)```/.exec(rules) ?? [];
  return diagram
    .trim()
    .split('\n')
    .flatMap((line) => {
      const [from, to, labels = ''] = line.trim().split(/ --> |: /);
      return labels.split(', ').map((label) => `${from} → ${to}: ${label}`);
    });
}
