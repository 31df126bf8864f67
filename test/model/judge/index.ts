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
  'A server that ignores idempotency keys *and* shows an entry more than 5 s late.',
  'A process that is stopped within a POST and sends it when it goes on.',
  "A run that was redirected and is run again within 9 minutes may send once more: only the server's key holds that.",
  'A run with a key that left no record here, once the server has forgotten the key.',
  "A replay of such a run's POST whose entries show up more than 10 s late: the newest entry of each node in the last 11 minutes counts in their place.",
  'Another operator who does the same to the same node in just that moment. It counts as done, since it was done.',
  'An entry of the trigger before that was created up to 10 s before the baseline was read (any time before it, where answers have no `date`) and shows up after it.',
  'A server that stores a reconfigure without its config shows that a node was reconfigured, not with what.',
  'A node that the log lists and that reports more than 10 s after the others, while Core counts one node too few: it is named as not acted on.',
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
