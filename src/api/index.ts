/**
 * The typed client, published as `ldctl/client`: the Supervisor and the Core API for a TypeScript
 * program, with the types and errors that it needs and nothing of the command line.
 * @module ldctl/client
 */
export { type ClientOptions } from './client.js';
export * from './core-api.js';
export { SupervisorApi, triggerBody } from './supervisor-api.js';

export * from '../base/activity.js';
export { type Clock } from '../base/clock.js';
export {
  ApiError,
  InvalidAnswerError,
  LdctlError,
  RedirectError,
  TransportError,
  UsageError,
  type ApiErrorFields,
  type FieldIssue,
  type LdctlErrorOptions,
} from '../base/errors.js';
export * from '../base/exit-codes.js';
export * from '../base/ids.js';
export { parseJson, stringifyJson, type JsonStyle } from '../base/json.js';
export { ApiKey } from '../base/secret.js';
export {
  MAX_PAGE_SIZE,
  type Accepted,
  type ActivityPage,
  type CallOptions,
  type PageQuery,
  type Supervisor,
  type WireTrigger as TriggerRequest,
} from '../base/supervisor.js';
