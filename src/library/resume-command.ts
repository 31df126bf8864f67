import type { Resume, ResumeAfter } from '../activities/job.js';
import type { RollPlan } from '../activities/roll/plan.js';
import { formatAction } from '../base/activity.js';
import { LdctlError } from '../base/errors.js';
import type { Id } from '../base/ids.js';
import { commandLine, type Shell } from '../system/shell.js';

/** More nodes than that go into a file … */
const MOST_NAMED = 100;
/** … or, where none can be written, into several flags: a system takes long commands, and not as long a word. */
const MOST_IN_A_WORD = 1000;

/** Keeps nodes in a file for `--nodes-from`. @returns its path @throws LdctlError */
export type NodeKeeper = (nodes: readonly Id[]) => string;

/** What all commands have in common that go on where this one ends. */
export interface LaterCommand {
  /** The flags that name the same deployment and profile; never a key. */
  target: readonly string[];
  /** Into which they are pasted. */
  shell: Shell;
}

/** The exact command that takes a run up again, ready to be pasted. */
export function resumeCommand(resume: Resume, later: LaterCommand, keepNodes: NodeKeeper | null): string {
  return waitCommand('ids' in resume ? resume.ids : afterFlags(resume, keepNodes), later);
}

/** The same for activities whose ids are known; or, by their flags, for those of a trigger. */
export function waitCommand(what: readonly (Id | string)[], { target, shell }: LaterCommand): string {
  return commandLine(['ldctl', 'activities', 'wait', ...what.map(String), ...target], shell);
}

/**
 * The exact command that goes on with a roll.
 * @param nodes the flags that name them; null for a roll that is remembered, which is short however many there are
 */
export function rollCommand(
  {
    runtime,
    action,
    idempotencyKey,
    callersKey,
    options,
  }: Pick<RollPlan, 'runtime' | 'action' | 'idempotencyKey' | 'callersKey' | 'options'>,
  nodes: readonly string[] | null,
  { target, shell }: LaterCommand,
): string {
  const roll = ['ldctl', 'activities', 'trigger', runtime, formatAction(action), '--rolling'];
  if (nodes === null) return commandLine([...roll, '--resume', idempotencyKey, ...target], shell);
  const { 'continue-on-error': goesOn, ...valued } = options;
  const how = Object.entries(valued).flatMap(([name, value]) => [`--${name}`, value]);
  const rest = [
    ...(goesOn ? ['--continue-on-error'] : []),
    ...(callersKey ? ['--idempotency-key', idempotencyKey] : []),
  ];
  return commandLine([...roll, ...nodes, ...how, ...rest, ...target], shell);
}

/** The flags that name nodes; where no file can be written, they are many. */
export function nodeFlags(nodes: readonly Id[], keepNodes: NodeKeeper | null): string[] {
  if (keepNodes && nodes.length > MOST_NAMED) {
    try {
      return ['--nodes-from', keepNodes(nodes)];
    } catch (error) {
      if (!(error instanceof LdctlError)) throw error;
    }
  }
  const flags: string[] = [];
  for (let at = 0; at < nodes.length; at += MOST_IN_A_WORD) {
    flags.push('--node', nodes.slice(at, at + MOST_IN_A_WORD).join(','));
  }
  return flags;
}

function afterFlags(
  { after, runtime, action, nodes, expectNodes }: ResumeAfter,
  keepNodes: NodeKeeper | null,
): string[] {
  const targets = nodes === null ? [] : nodeFlags(nodes, keepNodes);
  const expected = expectNodes === null ? [] : ['--expect-nodes', String(expectNodes)];
  const what = ['--runtime', runtime, '--action', formatAction(action)];
  return ['--after', String(after), ...what, ...targets, ...expected];
}
