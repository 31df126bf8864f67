import type { Story } from '../play.js';
import { done } from './done.js';
import { passed } from './passed.js';
import { sent } from './sent.js';
import { told } from './told.js';

/*
 * The judge holds what happened in the world against the promises and rules of docs/rules.md. It
 * knows nothing of how a job works: only what was sent and when, what the server did, what each
 * process was shown, and what it said in the end.
 */

/**
 * What no client can hold is not accused. docs/rules.md says the same words; a test compares them.
 */
export const NOT_ACCUSED = [
  'a server that ignores idempotency keys *and* shows an entry more than 5 s late',
  'a process that is stopped within a POST and sends it when it continues',
  'a runner that used the key and left no record, once the server has forgotten the key',
  "a replay of such a runner's POST: in its place counts the newest entry of each node in the last 11 minutes, if its own shows up later than 10 s",
  'another operator who does the same to the same node in just that moment: it counts as done, since it was done',
  'an entry that was created up to 10 s before the baseline, or at any time before it where no answer carries a `date`, and is shown after it',
] as const;

/** @returns each promise and rule that is broken, once */
export function judge(story: Story): string[] {
  if (story.stuck !== null) return [story.stuck];
  const broken = new Set(sent(story));
  for (const process of story.processes) {
    // Killed: it has said nothing.
    if (process.isDead) continue;
    for (const why of told(story, process)) broken.add(why);
    for (const why of done(story, process)) broken.add(why);
    for (const why of passed(story, process)) broken.add(why);
  }
  return [...broken];
}
