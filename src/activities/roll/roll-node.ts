import type { Id } from '../../base/ids.js';
import type { RunRecord } from '../../base/old-journal.js';
import { emptyNodeResult, isFailedGate, NOT_STARTED, type GateResult, type NodeResult } from '../../base/outcome.js';
import type { NodeProgress, ResultEvent } from '../../base/progress.js';
import type { RollStage } from '../../base/roll.js';

/** Where one node of a roll stands; changed by its runner, and read by everybody else. */
export class RollNode {
  readonly nodeId: Id;
  /** What an earlier run with the same key left behind. */
  readonly record: RunRecord | null;
  readonly #needsGate: boolean;
  stage: RollStage = 'waiting';
  /** When its trigger was begun, by whichever run; local wall clock, ms. */
  startedAt: number | null;
  /** How the gate after it ended, in this run, or in an earlier one that went on. */
  gate: GateResult | null;
  result: ResultEvent | null = null;
  /** What its runner threw, and did not foresee. */
  failure: { error: unknown } | null = null;
  #last: NodeProgress | null = null;
  /** What `progress` gave last, and what it was made of: of thousands of nodes, all are asked whenever one changes. */
  #shown:
    | (Pick<RollNode, 'stage' | 'startedAt' | 'gate' | 'result'> & { last: NodeProgress | null; as: NodeProgress })
    | null = null;

  /** @param hasGate whether a gate has to let the roll go on after it */
  constructor(nodeId: Id, record: RunRecord | null, hasGate: boolean) {
    this.nodeId = nodeId;
    this.record = record;
    this.startedAt = record?.firstPostAt ?? null;
    this.gate = record?.gate ?? null;
    this.#needsGate = hasGate && record?.state !== 'passed';
  }

  get isStarted(): boolean {
    return this.startedAt !== null;
  }

  /** Whether it certainly has been sent, so that taking it up sends nothing. */
  get isKnownSent(): boolean {
    return this.record !== null && this.record.state !== 'posting';
  }

  get isCompleted(): boolean {
    return this.result?.result.outcome === 'completed';
  }

  /** Whether all that was to come of it has come: it has completed, and its gate let the roll go on. */
  get isPassed(): boolean {
    return this.isCompleted && (!this.#needsGate || this.gate?.exit_code === 0);
  }

  get isHeldByGate(): boolean {
    return isFailedGate(this.gate);
  }

  /** Keeps what its own run says of it. */
  progressed(node: NodeProgress | undefined): void {
    this.#last = node ?? null;
  }

  /** Its trigger threw: this run has sent nothing, and is not going to. */
  withdraw(): void {
    this.startedAt = this.record?.firstPostAt ?? null;
  }

  row(): NodeResult {
    const { activity_id, status, created_at, finished_at, ambiguous } =
      this.result?.result.nodes[0] ?? this.#last ?? emptyNodeResult({}, null);
    return {
      node_id: this.nodeId,
      activity_id,
      status: this.isStarted ? status : NOT_STARTED,
      created_at,
      finished_at,
      ambiguous,
      started_at: this.startedAt === null ? null : new Date(this.startedAt).toISOString(),
      gate: this.gate,
    };
  }

  progress(): NodeProgress {
    const shown = this.#shown;
    const { stage, startedAt, gate, result } = this;
    const last = this.#last;
    const isSame =
      shown?.last === last &&
      shown.result === result &&
      shown.stage === stage &&
      shown.gate === gate &&
      shown.startedAt === startedAt;
    if (isSame) return shown.as;
    const as = { ...this.row(), since: last?.since ?? null, stage };
    this.#shown = { stage, startedAt, gate, result, last, as };
    return as;
  }
}
