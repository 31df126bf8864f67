/**
 * The library (design, "The library"): an action that is carried out at most once, and followed to its proven end, for
 * TypeScript programs.
 * @module ldctl
 */
export { connect, type ConnectOptions } from './library/connect.js';
export { connectProfile, type ConnectProfileOptions } from './library/connect-profile.js';
export { type Deployment, type RollOptions, type RunOptions } from './library/deployment.js';
export {
  type ActionName,
  type ActionRequest,
  type ActivitiesFilter,
  type ActivitiesRequest,
  type FollowRequest,
  type FollowTimes,
  type OneOrMany,
  type OwnSignal,
  type RollGate,
  type RollRequest,
  type Signal,
  type TriggerRequest,
  type WaitAfter,
  type WaitForIds,
  type WaitRequest,
} from './library/old-requests.js';
export { type Endings, type RunEvent, type RunResult, type RunResultOf } from './library/run-result.js';

export { RUNTIMES, STATUSES, type Activity, type Runtime, type Status } from './base/activity.js';
export { type ErrorDocument, LdctlError, type LdctlErrorOptions } from './base/errors.js';
export { EXIT_CODES, type ExitCode, type ExitName } from './base/exit-codes.js';
export { parseId, type Id } from './base/ids.js';
export { type GateResult, type NodeResult, type ResultFacts, type TargetKind } from './base/outcome.js';
export { type ShownStep } from './base/shown-step.js';
export { stringifyJson, type JsonStyle } from './base/json.js';
