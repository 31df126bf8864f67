import type { Id } from '../../core/ids.js';
import type { RunRecord } from '../../core/journal.js';
import { isFailedGate, NOT_STARTED, type GateResult, type NodeResult } from '../../core/outcome.js';
import type { NodeProgress, RunEvent } from '../../core/progress.js';
import type { RollStage } from '../../core/roll.js';
import type { JobReport } from '../job.js';

/** Where one node of a roll stands; told what happens, and asked by everybody else. */
export class RollNode {
  readonly nodeId: Id;
  /** What an earlier run with the same key left behind. */
  readonly record: RunRecord | null;
  readonly #needsGate: boolean;
  stage: RollStage = 'waiting';
  /** When its trigger was begun, by whichever run; local wall clock, ms. */
  startedAt: number | null;
  gate: GateResult | null = null;
  report: JobReport | null = null;
  /** What was thrown in its turn, and was not foreseen as a part of it. */
  failure: { error: unknown } | null = null;
  #last: NodeProgress | null = null;

  /** @param hasGate whether a gate has to let the roll go on after it */
  constructor(nodeId: Id, record: RunRecord | null, hasGate: boolean) {
    this.nodeId = nodeId;
    this.record = record;
    this.startedAt = record?.firstPostAt ?? null;
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
    return this.report?.result.outcome === 'completed';
  }

  /** Whether all that was to come of it has come: it has completed, and its gate let the roll go on. */
  get isPassed(): boolean {
    return this.isCompleted && (!this.#needsGate || this.gate?.exit_code === 0);
  }

  get isHeldByGate(): boolean {
    return isFailedGate(this.gate);
  }

  /** Keeps what its own run tells of it. */
  note(event: RunEvent): void {
    if (event.event === 'progress') this.#last = event.nodes[0] ?? null;
  }

  /** Its trigger threw: this run has sent nothing, and is not going to. */
  withdraw(): void {
    this.startedAt = this.record?.firstPostAt ?? null;
  }

  row(): NodeResult {
    const known = this.report?.result.nodes[0] ?? this.#last;
    return {
      node_id: this.nodeId,
      activity_id: known?.activity_id ?? null,
      status: this.isStarted ? (known?.status ?? null) : NOT_STARTED,
      created_at: known?.created_at ?? null,
      finished_at: known?.finished_at ?? null,
      ambiguous: known?.ambiguous ?? false,
      started_at: this.startedAt === null ? null : new Date(this.startedAt).toISOString(),
      gate: this.gate,
    };
  }

  progress(): NodeProgress {
    return { ...this.row(), since: this.#last?.since ?? null, stage: this.stage };
  }
}
