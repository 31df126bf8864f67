import { EXIT_CODES, type ExitCode, type ExitName } from './exit-codes.js';

export interface LdctlErrorOptions {
  /** What to do next, as one sentence or a command. */
  hint?: string;
  /** The API's `ld-request`: support asks for it. */
  requestId?: string;
  cause?: unknown;
}

/**
 * Every failure this tool foresees. It carries all that a person or a script is told: a stable `code`, the exit
 * code, what to do next, and the request id. Its text must be free of secrets when it is made.
 */
export class LdctlError extends Error {
  /** Stable, for programs; the API's own where it gave one. */
  readonly code: string;
  readonly exit: ExitName;
  /** What to do next. */
  hint: string | undefined;
  /** The API's `ld-request`: support asks for it. */
  readonly requestId: string | undefined;

  constructor(exit: ExitName, code: string, message: string, { hint, requestId, cause }: LdctlErrorOptions = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.exit = exit;
    this.code = code;
    this.hint = hint;
    this.requestId = requestId;
  }

  /** What a command would end with. */
  get exitCode(): ExitCode {
    return EXIT_CODES[this.exit].code;
  }
}

/** The command itself is wrong, or consent is missing: exit 2, before the network is touched. */
export class UsageError extends LdctlError {
  constructor(message: string, { code = 'usage', ...options }: LdctlErrorOptions & { code?: string } = {}) {
    super('usage', code, message, options);
  }
}

/** One entry of a problem's `field_issues`. */
export interface FieldIssue {
  code: string;
  reason: string;
  path?: string;
}

export interface ApiErrorFields {
  status: number;
  /** Stable and machine-readable; `http_<status>` when the answer carried none. */
  code: string;
  /** For people; empty when the answer carried none. */
  reason: string;
  /** From `retry-after`, in milliseconds from now. */
  retryAfterMs?: number;
  fieldIssues?: readonly FieldIssue[];
}

/** The API answered with a 4xx or 5xx. */
export class ApiError extends LdctlError {
  readonly status: number;
  readonly reason: string;
  readonly retryAfterMs: number | undefined;
  readonly fieldIssues: readonly FieldIssue[];

  constructor(message: string, fields: ApiErrorFields, options?: LdctlErrorOptions) {
    const { status, code, reason, retryAfterMs, fieldIssues = [] } = fields;
    const isDenied = status === 401 || status === 403;
    const isDown = status >= 500 || RETRYABLE_STATUSES.has(status);
    super(isDenied ? 'denied' : isDown ? 'unreachable' : 'refused', code, message, options);
    this.status = status;
    this.reason = reason;
    this.retryAfterMs = retryAfterMs;
    this.fieldIssues = fieldIssues;
  }

  /** Whether the status may be tried again. */
  get retryable(): boolean {
    return RETRYABLE_STATUSES.has(this.status);
  }
}

export const RETRYABLE_STATUSES: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

/** The wait that an answer asked for with `retry-after`, in milliseconds; 0 for none. */
export function retryAfterOf(error: LdctlError): number {
  return error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0;
}

export interface TransportFacts {
  /** `no` only when the request certainly did not leave this machine: name not found, refused, TLS not established. */
  sent: 'no' | 'maybe';
  /** False when trying again cannot help: a certificate that does not verify, a proxy that refuses. */
  transient?: boolean;
}

/** No answer came. */
export class TransportError extends LdctlError {
  readonly sent: 'no' | 'maybe';
  readonly transient: boolean;

  constructor(code: string, message: string, { sent, transient = true }: TransportFacts, options?: LdctlErrorOptions) {
    super('unreachable', code, message, options);
    this.sent = sent;
    this.transient = transient;
  }
}

/** The APIs never redirect: a misconfigured URL or an attack. The key did not follow. */
export class RedirectError extends LdctlError {
  readonly status: number;

  constructor(message: string, status: number, options?: LdctlErrorOptions) {
    super('unreachable', 'redirect', message, options);
    this.status = status;
  }
}

/** A success by its status, but not an answer of this API: cut JSON, a page of HTML, another shape, too large. */
export class InvalidAnswerError extends LdctlError {
  constructor(message: string, { code = 'invalid_answer', ...options }: LdctlErrorOptions & { code?: string } = {}) {
    super('unreachable', code, message, options);
  }
}

const EXIT_BY_SIGNAL = { SIGHUP: 'sighup', SIGINT: 'sigint', SIGTERM: 'sigterm' } as const;
export type StopSignal = keyof typeof EXIT_BY_SIGNAL;

/** The user, or the system, asked the process to end, or the caller a job. The reason of every abort signal in this tool. */
export class Interrupted extends LdctlError {
  readonly signal: StopSignal;

  /** @param instead of a signal to the process: what interrupted it, and why */
  constructor(signal: StopSignal, instead?: { message: string; cause: unknown }) {
    const { message = `interrupted by ${signal}`, cause } = instead ?? {};
    super(EXIT_BY_SIGNAL[signal], 'interrupted', message, { cause });
    this.signal = signal;
  }
}

/** A failure in JSON, keys in this order. */
export interface ErrorDocument {
  /** Stable, for programs; the API's own where it gave one. */
  code: string;
  message: string;
  exit_code: number;
  /** The API's `ld-request`: support asks for it. */
  request_id: string | null;
  /** What to do next. */
  hint: string | null;
}

/** One that was not foreseen is a fault in ldctl itself. */
export function errorDocument(error: unknown): ErrorDocument {
  if (error instanceof LdctlError) {
    const { code, message, exitCode: exit_code, requestId, hint } = error;
    return { code, message, exit_code, request_id: requestId ?? null, hint: hint ?? null };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'internal', message, exit_code: EXIT_CODES.fault.code, request_id: null, hint: null };
}
