import { unlessAborted, withTimeout } from '../base/abort.js';
import type { Clock } from '../base/clock.js';
import type { Gate } from '../base/roll.js';
import type { RollGate } from './old-requests.js';

export interface GateSettings {
  clock: Clock;
  /** `Infinity` for no limit. */
  timeoutMs: number;
  /** Takes what the gate throws, which halts the roll. */
  onThrow: (thrown: unknown) => void;
}

/** Makes a gate out of a program's function: only `true` lets the roll go on (design, "Rolling"). */
export function functionGate(ask: RollGate, { clock, timeoutMs, onThrow }: GateSettings): Gate {
  return async ({ nodeId, activityId }, { signal, timeLeftMs }) => {
    signal.throwIfAborted();
    const startedAt = clock.elapsed();
    const answer = async (asked: AbortSignal): Promise<boolean> => {
      try {
        const passed: unknown = await ask({ node_id: nodeId, activity_id: activityId }, { signal: asked });
        return passed === true;
      } catch (thrown) {
        // One that heeds its signal is no fault.
        if (!asked.aborted) onThrow(thrown);
        return false;
      }
    };
    const ended = (exit_code: number | null) => ({
      exit_code,
      timed_out: exit_code === null,
      took_ms: Math.round(clock.elapsed() - startedAt),
    });
    try {
      const limitMs = Math.min(timeoutMs, timeLeftMs);
      const passed = await withTimeout(clock, limitMs, signal, (asked) => unlessAborted(answer(asked), asked));
      return ended(passed ? 0 : 1);
    } catch {
      // A gate that was cut off has not passed.
      signal.throwIfAborted();
      return ended(null);
    }
  };
}
