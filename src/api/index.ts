/**
 * The typed client, published as `ldctl/client`: the Supervisor and the Core API for a TypeScript
 * program, with the types and errors that it needs and nothing of the command line.
 * @module ldctl/client
 */
export { type ClientOptions } from './client.js';
export { CoreApi } from './core-api.js';
export { SupervisorApi } from './supervisor-api.js';

export { type Activity } from '../base/activity.js';
export { ApiError, LdctlError, TransportError } from '../base/errors.js';
export { parseId, type Id } from '../base/ids.js';
export { stringifyJson } from '../base/json.js';
export { ApiKey } from '../base/secret.js';
export { type ActivityPage, type WireTrigger as TriggerRequest } from '../base/supervisor.js';
