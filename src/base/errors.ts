import { EXIT_CODES, type ExitCode, type ExitName } from './exit-codes.js';

export interface LdctlErrorOptions {
  /** What to do next, as one sentence or a command. */
  hint?: string;
  /** The API's `ld-request`: support asks for it. */
  requestId?: string;
  cause?: unknown;
  more?: ErrorMore | undefined;
}

/** What comes next, and what is known of the nodes where a roll is refused because it names none. */
export interface ErrorMore extends Partial<KnownNodes> {
  /** The whole command that acts on them, or shows them where there is none. */
  next: string;
}

export interface KnownNodes {
  /** How many Core counts; null where it was not asked, or did not say. */
  core_count: number | null;
  nodes: ReadonlyArray<{
    node_id: bigint;
    last_activity_at: string;
    /** Why `next` does not name it; null where it does. */
    left_out: 'perhaps_gone' | 'other_runtimes_only' | null;
  }>;
}

/** Every failure that is expected. Its text never holds a secret. */
export class LdctlError extends Error {
  readonly hint: string | undefined;
  readonly requestId: string | undefined;
  readonly more: ErrorMore | undefined;

  constructor(
    readonly exit: ExitName,
    /** Stable, for programs; the API's own where it gave one. */
    readonly code: string,
    message: string,
    { hint, requestId, cause, more }: LdctlErrorOptions = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.hint = hint;
    this.requestId = requestId;
    this.more = more;
  }

  get exitCode(): ExitCode {
    return EXIT_CODES[this.exit].code;
  }
}

/**
 * A copy of an error with another hint, and another message if one is given. The original
 * does not change.
 */
export function withHint<T extends LdctlError>(
  error: T,
  hint: string | undefined,
  message = error.message,
): T {
  const { stack, cause } = error;
  const plain = new Error(message, cause === undefined ? undefined : { cause });
  Object.assign(plain, error, { hint, stack });
  return Object.setPrototypeOf(plain, Object.getPrototypeOf(error) as object) as T;
}

/** The command is wrong, or consent is missing: exit 2, before anything is sent. */
export class UsageError extends LdctlError {
  constructor(
    message: string,
    { code = 'usage', ...options }: LdctlErrorOptions & { code?: string } = {},
  ) {
    super('usage', code, message, options);
  }
}

/** A UsageError of a code of its own, and what to do next. */
export const usageError = (code: string, message: string, hint?: string) =>
  new UsageError(message, { code, hint });

/** What does not exist, or is refused by its state: exit 5, before anything is sent. */
export const refusedError = (code: string, message: string, hint?: string, more?: ErrorMore) =>
  new LdctlError('refused', code, message, { hint, more });

/** One entry of a problem's `field_issues`. */
export interface FieldIssue {
  code: string;
  reason: string;
  path?: string;
}

export type ApiErrorFields = Pick<ApiError, 'status' | 'code' | 'reason'> &
  Partial<Pick<ApiError, 'retryAfterMs' | 'fieldIssues' | 'permission' | 'unknownNodes'>>;

/**
 * The API answered with a 4xx or 5xx. Its code is `http_<status>` when the answer carried none, or
 * a 409 is not the API's own.
 */
export class ApiError extends LdctlError {
  readonly status: number;
  /** For people; empty when the answer carried none. */
  readonly reason: string;
  /** From `retry-after`, in milliseconds from now. */
  readonly retryAfterMs: number | undefined;
  readonly fieldIssues: readonly FieldIssue[];
  /** What the request needs, where it is known; the server may want another. */
  readonly permission: string | undefined;
  /** The nodes of the request that the deployment does not have, if that is all that is wrong. */
  readonly unknownNodes: readonly bigint[];

  constructor(message: string, fields: ApiErrorFields, options?: LdctlErrorOptions) {
    const { status, code, reason, retryAfterMs, permission } = fields;
    super(kindOf(status), code, message, options);
    this.status = status;
    this.reason = reason;
    this.retryAfterMs = retryAfterMs;
    this.fieldIssues = fields.fieldIssues ?? [];
    this.permission = permission;
    this.unknownNodes = fields.unknownNodes ?? [];
  }

  /** Whether the status may be tried again. */
  get retryable(): boolean {
    return RETRYABLE_STATUSES.has(this.status);
  }
}

function kindOf(status: number): ExitName {
  if (status === 401 || status === 403) return 'denied';
  return status >= 500 || RETRYABLE_STATUSES.has(status) ? 'unreachable' : 'refused';
}

export const RETRYABLE_STATUSES: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

/** The wait that an answer asked for, in milliseconds; 0 for none. */
export function retryAfterOf(error: LdctlError): number {
  return (error instanceof ApiError && error.retryAfterMs) || 0;
}

/** The API did not answer: nothing came, or a redirect, or what cannot be its answer. */
export class TransportError extends LdctlError {
  /** `no` only when the request certainly did not leave this machine, as without a connection. */
  readonly sent: 'no' | 'maybe';
  /**
   * False when trying again cannot help: a certificate that does not verify, a proxy that refuses.
   */
  readonly transient: boolean;

  constructor(
    code: string,
    message: string,
    { sent, transient = true }: { sent: 'no' | 'maybe'; transient?: boolean },
    options?: LdctlErrorOptions,
  ) {
    super('unreachable', code, message, options);
    this.sent = sent;
    this.transient = transient;
  }
}

/** The code of a redirect: the URL is wrong, or it is an attack. The key was not sent on. */
export const REDIRECT = 'redirect';

/** The status is a success, but the body is not what the API answers. */
export const invalidAnswerError = (message: string, options?: LdctlErrorOptions) =>
  new TransportError('invalid_answer', message, { sent: 'maybe' }, options);

export type StopSignal = 'SIGHUP' | 'SIGINT' | 'SIGTERM';

/**
 * The user, the system or a program ended a command or a job. The reason of every abort signal in
 * this tool.
 */
export class Interrupted extends LdctlError {
  /** @param reason what interrupted the job, if it was no signal to the process */
  constructor(
    readonly signal: StopSignal,
    reason?: { message: string; cause: unknown },
  ) {
    const { message = `interrupted by ${signal}`, cause } = reason ?? {};
    super(signal.toLowerCase() as Lowercase<StopSignal>, 'interrupted', message, { cause });
  }
}

/** Stdout or stderr could not be written. */
export const OUTPUT_FAILED = 'output_failed';

/**
 * Whatever was thrown: what is not ours is a bug in ldctl.
 * @param sent something may have been sent. 1 and 6 mean that nothing was, so a bug or a full disk
 * is exit 7 then
 */
export function asLdctlError(error: unknown, sent = false): LdctlError {
  if (error instanceof LdctlError) {
    const { code, message } = error;
    return sent && code === OUTPUT_FAILED ? new LdctlError('unconfirmed', code, message) : error;
  }
  const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  if (!sent) {
    const hint = 'Please report it, with what --debug adds to it.';
    return new LdctlError('fault', 'internal', `a bug in ldctl: ${what}`, { hint, cause: error });
  }
  const hint = 'Look at `ldctl activities list` before you try again, and please report it.';
  const message = `a bug in ldctl, after it was sent: ${what}`;
  return new LdctlError('unconfirmed', 'internal', message, { hint, cause: error });
}

/** A failure in JSON. One that was not expected is a bug in ldctl. */
export function errorDocument(error: unknown) {
  const known = error instanceof LdctlError ? error : null;
  return {
    /** Stable, for programs; the API's own where it gave one. */
    code: known?.code ?? 'internal',
    message: error instanceof Error ? error.message : String(error),
    exit_code: (known?.exitCode ?? EXIT_CODES.fault.code) as number,
    /** The API's `ld-request`: support asks for it. */
    request_id: known?.requestId ?? null,
    /** What to do next. */
    hint: known?.hint ?? null,
    ...known?.more,
  };
}
export type ErrorDocument = ReturnType<typeof errorDocument>;
