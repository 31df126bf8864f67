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
  'A server ignores idempotency keys *and* shows an entry more than 5 s late.',
  'A process is suspended within a POST, and sends it when it resumes.',
  "A run was redirected and is started again within 9 minutes. It may send once more, since only the server's key prevents that.",
  'A run with a key left no record here, and the server has forgotten the key.',
  'The POST of such a run is replayed, and its entries show up more than 10 s late. The newest entry of each node in the last 11 minutes counts instead.',
  'Another operator does the same to the same node at the same moment. It counts as done, because it was done.',
  'An entry of an earlier trigger was created up to 10 s before the baseline was read (at any time before it, if answers have no `date`), and shows up after it.',
  'A server stores a reconfigure without its config. The log then shows that a node was reconfigured, but not with what.',
  'A gateway answers `425` or `429` to a POST that it has sent on, and the server ignores idempotency keys. Then it runs twice.',
  'A node that the log lists reports more than 10 s after the others, while Core counts one node too few. ldctl reports it as not acted on.',
  'A node that the log lists for other runtimes only is gone. It fills the place of a new node that reports more than 10 s late.',
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
