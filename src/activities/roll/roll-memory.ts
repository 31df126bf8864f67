import { formatAction } from '../../base/activity.js';
import type { Clock } from '../../base/clock.js';
import { LdctlError } from '../../base/errors.js';
import { sortedUnique, type Id } from '../../base/ids.js';
import { ROLL_KEPT_MS, type RollJournal, type RollRecord } from '../../base/old-journal.js';
import { warning, type RunStep } from '../../base/progress.js';
import type { JobTools } from '../job.js';
import { memoryOf } from '../trigger-plan.js';
import { rollKey, type TriggerIdentity } from '../wire-key.js';

export interface RollIdentity extends Omit<TriggerIdentity, 'nodes'> {
  idempotencyKey: string;
}

/** What is remembered of a roll as a whole: its nodes, and how it goes (design, "Rolling"). */
export class RollMemory {
  readonly #journal: RollJournal;
  readonly #roll: RollIdentity;
  readonly #clock: Clock;
  /** Until when a later run can take it up, by the wall clock, ms; before it was kept, never. */
  #keptUntil = -Infinity;
  /** Whether it is one that is taken up: its record is left as it is. */
  #isTakenUp = false;

  constructor(journal: RollJournal, roll: RollIdentity, clock: Clock) {
    this.#journal = journal;
    this.#roll = roll;
    this.#clock = clock;
  }

  /** Whether a later run can take it up by its key. */
  get isKept(): boolean {
    return this.#clock.now() < this.#keptUntil;
  }

  /**
   * Finds the roll that is to be taken up.
   * @throws LdctlError (exit 5) when there is none, or more than one; exit 7 when its record is broken
   */
  async recall(): Promise<RollRecord> {
    const record = await this.#journal.read(this.#key);
    if (record === null) throw this.#unknown();
    if (record.isShared) throw this.#shared();
    this.#keptUntil = record.begunAt + ROLL_KEPT_MS;
    this.#isTakenUp = true;
    return record;
  }

  /**
   * Writes down what the roll is, before anything is sent.
   * @throws LdctlError when it cannot be written; exit 5 when the roll that is taken up has expired since it was found
   */
  async keep(nodes: readonly Id[], options: RollRecord['options']): Promise<void> {
    if (this.#isTakenUp) {
      if (!this.isKept) throw this.#unknown();
      return;
    }
    const fresh = { rollKey: this.#key, nodes, options, begunAt: this.#clock.now(), isShared: false };
    const next = (known: RollRecord | null): RollRecord =>
      known ? { ...fresh, begunAt: known.begunAt, isShared: known.isShared || !isSameSet(known.nodes, nodes) } : fresh;
    const { begunAt, isShared } = next(await this.#journal.update(this.#key, next));
    this.#keptUntil = isShared ? -Infinity : begunAt + ROLL_KEPT_MS;
  }

  /** The same for a roll that can go without: a warning says why it cannot be written. */
  async *tryToKeep(nodes: readonly Id[], options: RollRecord['options']): AsyncGenerator<RunStep, void> {
    try {
      await this.keep(nodes, options);
    } catch (error) {
      if (!(error instanceof LdctlError)) throw error;
      const instead = 'the command that goes on with this roll will name its nodes, and ask no gate again';
      yield warning('roll_not_kept', `${error.message}; ${instead}`);
    }
  }

  get #key(): string {
    return rollKey(this.#roll.idempotencyKey, this.#roll);
  }

  #unknown(): LdctlError {
    const hint =
      'The command that a roll prints holds for 24 hours, on the same machine, for the same runtime and action.';
    return this.#refusal('unknown_roll', 'is not known here', hint);
  }

  #shared(): LdctlError {
    const hint = 'Run the command again that began it, with its nodes and --idempotency-key: it goes on where it was.';
    return this.#refusal('ambiguous_roll', 'was begun over different nodes', hint);
  }

  #refusal(code: string, what: string, hint: string): LdctlError {
    const { idempotencyKey: key, runtime, action, deploymentId } = this.#roll;
    const roll = `a roll of ${runtime} ${formatAction(action)} on deployment ${deploymentId} with the key ${JSON.stringify(key)}`;
    return new LdctlError('refused', code, `${roll} ${what}; nothing was sent`, { hint });
  }
}

/** In whatever order: of those that the log has seen, the latest come first. */
function isSameSet(some: readonly Id[], others: readonly Id[]): boolean {
  return sortedUnique(some).join() === sortedUnique(others).join();
}

/** Of the nodes of a roll that is taken up, those that rejected the action in an earlier run. */
export async function rejectedBefore(
  roll: RollIdentity,
  nodes: readonly Id[],
  tools: Pick<JobTools, 'journal' | 'clock'>,
): Promise<Set<Id>> {
  const ends = nodes.map(async (node) => {
    const record = await memoryOf({ ...roll, nodes: [node], callersKey: true }, tools).recall();
    return record?.ended?.outcome === 'rejected' ? [node] : [];
  });
  return new Set((await Promise.all(ends)).flat());
}
