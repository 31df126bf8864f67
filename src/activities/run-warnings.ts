import type { Activity } from '../base/activity.js';
import type { Id } from '../base/ids.js';
import { warning, type RunStep } from '../base/progress.js';

/** What is warned of about single entries. */
const ABOUT_ENTRIES = {
  status_went_back: ({ id, status }: Activity) =>
    `activity ${id} was final and is now shown as ${status}; a final status stays`,
  entry_vanished: ({ id, node_id: node }: Activity) => `activity ${id} of node ${node} is no longer in the log`,
  unproven: ({ id, node_id: node }: Activity) =>
    `activity ${id} of node ${node} may be somebody else's: it came later than this trigger's own should, and no other came. ` +
    `Check whose it is, then settle it with \`ldctl activities wait ${id}\`; or, on a server that stamps entries when a node ` +
    'picks them up, trigger with a longer --claim-window',
};

/** What makes the outcome of a run less certain than the user would think, each said once. */
export class RunWarnings {
  readonly #given = new Set<string>();

  ofEntries(code: keyof typeof ABOUT_ENTRIES, entries: readonly Activity[]): RunStep[] {
    return entries.flatMap((activity) => this.#once(code, activity.id, ABOUT_ENTRIES[code](activity)));
  }

  /** Nodes with more than one entry. */
  ambiguous(nodes: readonly Id[]): RunStep[] {
    const what = 'has more than one entry of this action, and they cannot be told apart; the worse one counts';
    return nodes.flatMap((node) => this.#once('ambiguous', node, `node ${node} ${what}`));
  }

  moreThanExpected(count: number, expected: number): RunStep[] {
    const message = `${count} nodes have an entry, more than the ${expected} expected; all are followed`;
    return this.#once('more_than_expected', BigInt(count), message);
  }

  #once(code: string, about: Id, message: string): RunStep[] {
    const mark = `${code} ${about}`;
    if (this.#given.has(mark)) return [];
    this.#given.add(mark);
    return [warning(code, message)];
  }
}
