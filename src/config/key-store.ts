import { UsageError } from '../base/errors.js';
import { type ApiKey } from '../base/secret.js';

/**
 * A place outside the config that keeps keys by account, such as the system's keyring. Every method throws
 * `KeyringError` when the place cannot be used, or the signal's reason.
 */
export interface KeyStore {
  /** @returns null when it holds none for this account */
  get(account: string, signal?: AbortSignal): Promise<ApiKey | null>;
  set(account: string, key: ApiKey, signal?: AbortSignal): Promise<void>;
  /** No key for this account is no error. */
  delete(account: string, signal?: AbortSignal): Promise<void>;
}

export type KeyringFault =
  /** There is none, or the library for it does not load. */
  | 'keyring_unavailable'
  /** It did not answer in time: locked, as a rule, and waiting for its password. */
  | 'keyring_silent'
  /** It answered with an error. */
  | 'keyring_failed';

/** The keyring cannot be used. What to do about it is the user's choice (design, "Profiles"). */
export class KeyringError extends UsageError {
  readonly fault: KeyringFault;

  constructor(fault: KeyringFault, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, { ...options, code: fault });
    this.fault = fault;
  }
}
