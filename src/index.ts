/**
 * The library (design, "The library"): an action that is carried out at most once, and followed to its proven end, for
 * TypeScript programs.
 */
export { connect, type ConnectOptions } from './library/connect.js';
export { connectProfile, type ConnectProfileOptions } from './library/connect-profile.js';
export { type Deployment, type RollOptions } from './library/deployment.js';
export { type RunOptions } from './library/run-job.js';
export {
  type ActionName,
  type ActionRequest,
  type ActivitiesFilter,
  type ActivitiesRequest,
  type FollowRequest,
  type FollowTimes,
  type OneOrMany,
  type RollGate,
  type RollRequest,
  type Signal,
  type TriggerRequest,
  type WaitAfter,
  type WaitForIds,
  type WaitRequest,
} from './library/requests.js';
export { type RunEvent, type RunResult, type RunResultOf } from './library/results.js';

export { type Activity, type Runtime, type Status } from './core/activity.js';
export { type ErrorDocument } from './core/error-document.js';
export { LdctlError } from './core/errors.js';
export { parseId } from './core/ids.js';
export { type GateResult, type NodeResult, type TargetKind } from './core/outcome.js';
export { stringifyJson, type JsonStyle } from './core/stringify-json.js';
