import { LdctlError } from '../base/errors.js';

export { unconfirmed } from './jobs.js';

/** Following was given up: what is not known for sure is no success. */
export function lostSight({ code, message, hint, requestId }: LdctlError): LdctlError {
  return new LdctlError('unconfirmed', code, `lost sight of the log: ${message}`, { hint, requestId });
}
