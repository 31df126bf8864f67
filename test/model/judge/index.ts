import type { Story } from '../play.js';
import { asWithoutFaults } from './as-without-faults.js';
import { before } from './before.js';
import { isClause, type Clause, type Excuse, type Finding } from './clauses.js';
import { done } from './done.js';
import { due, dueOf } from './due.js';
import { looked } from './looked.js';
import { rolled } from './rolled.js';
import { sent } from './sent.js';
import { told } from './told.js';

/*
 * The judge holds what happened in the world against the promises and rules of docs/rules.md. It
 * knows only what was sent and when, what the server did, what each process was shown, what it said
 * in the end, and the records on its disk.
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
  const allowed: number[] = [];
  for (const process of story.processes) {
    // A killed one has said nothing.
    if (process.isDead) continue;
    const end = dueOf(story, process);
    allowed.push(end.codes.length);
    for (const finding of due(process, end)) findings.add(finding);
    for (const judged of [told, looked, done, asWithoutFaults]) {
      for (const finding of judged(story, process)) findings.add(finding);
    }
  }
  const all = [...findings];
  return {
    broken: all.filter(isClause),
    excused: all.filter((one): one is Excuse => !isClause(one)),
    allowed,
  };
}
