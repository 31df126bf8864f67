import type { Story } from '../play.js';
import { before } from './before.js';
import { isClause, type Clause, type Excuse, type Finding } from './clauses.js';
import { done } from './done.js';
import { due, dueOf } from './due.js';
import { looked } from './looked.js';
import { passed } from './passed.js';
import { rolled } from './rolled.js';
import { sent } from './sent.js';
import { told } from './told.js';

/*
 * The judge holds what happened in the world against the promises and rules of docs/rules.md. It
 * knows nothing of how a job works: only what was sent and when, what the server did, what each
 * process was shown, and what it said in the end.
 */

export interface Judged {
  /** Each clause that is broken, once. */
  broken: Clause[];
  /** What it was let off. */
  excused: Excuse[];
  /** Of each process that said how it ended: how many exit codes it might have had. */
  allowed: number[];
}

export function judge(story: Story): Judged {
  if (story.stuck !== null) return { broken: ['never-ends'], excused: [], allowed: [] };
  const findings = new Set<Finding>([...sent(story), ...before(story), ...rolled(story)]);
  // A killed one has said nothing.
  const ended = story.processes.filter(({ isDead }) => !isDead);
  for (const process of ended) {
    for (const judged of [due, told, looked, done, passed]) {
      for (const finding of judged(story, process)) findings.add(finding);
    }
  }
  const all = [...findings];
  return {
    broken: all.filter(isClause),
    excused: all.filter((one): one is Excuse => !isClause(one)),
    allowed: ended.map((process) => dueOf(story, process).codes.length),
  };
}
