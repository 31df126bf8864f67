/**
 * The library (design, "The library"): an action that is carried out at most once, and followed to its proven end, for
 * TypeScript programs.
 * @module ldctl
 */
export { connect, connectProfile } from './library/connect.js';
export {
  type ActionName,
  type ActivitiesRequest,
  type ConnectOptions,
  type ConnectProfileOptions,
  type FollowRequest,
  type OneOrMany,
  type RollGate,
  type RollRequest,
  type TriggerRequest,
  type WaitRequest,
} from './library/requests.js';
export {
  type Deployment,
  type Endings,
  type ReadOptions,
  type RollOptions,
  type RunEvent,
  type RunOptions,
  type RunResult,
  type RunResultOf,
} from './library/types.js';

export { type OwnSignal, type Signal } from './base/clock.js';
export { RUNTIMES, STATUSES, type Activity, type Runtime, type Status } from './base/activity.js';
export { type ErrorDocument, LdctlError, type LdctlErrorOptions } from './base/errors.js';
export { EXIT_CODES, type ExitCode, type ExitName } from './base/exit-codes.js';
export { parseId, type Id } from './base/ids.js';
export { type GateResult, type NodeResult, type ResultFacts, type TargetKind } from './base/outcome.js';
export { type ShownStep } from './base/shown-step.js';
export { stringifyJson, type JsonStyle } from './base/json.js';
