import { STATUS_CODES } from 'node:http';
import { type Problem } from '../base/wire.js';

/**
 * The codes the sandbox refuses with. The contract names the two for idempotency; the others stand for whatever the
 * real services send, so that a client which branches on them does so at its own risk.
 */
const STATUS_OF = {
  validation_error: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  idempotency_error: 409,
  idempotent_request_in_progress: 409,
  misdirected_request: 421,
  rate_limited: 429,
  internal_error: 500,
  service_unavailable: 503,
} as const;
export type ProblemCode = keyof typeof STATUS_OF;

/** The statuses that may be tried again (contract, "Shared by both"). */
const RETRYABLE: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

export interface Issue {
  code: string;
  reason: string;
  path: string;
}

interface RefusalDetails {
  /** Headers that go with it, such as `retry-after`. */
  headers?: Record<string, string>;
  issues?: readonly Issue[];
}

/** A request that is not carried out, and why. Thrown by whoever finds the fault, rendered in one place. */
export class Refusal extends Error {
  readonly code: ProblemCode;
  readonly headers: Record<string, string>;
  readonly issues: readonly Issue[];

  constructor(code: ProblemCode, reason: string, details: RefusalDetails = {}) {
    super(reason);
    this.name = 'Refusal';
    this.code = code;
    this.headers = details.headers ?? {};
    this.issues = details.issues ?? [];
  }

  get status(): number {
    return STATUS_OF[this.code];
  }

  /** RFC 7807 as the contract lists it; `instance` is the answer's `ld-request`. */
  toProblem(requestId: string): Problem {
    const [first] = this.issues;
    return {
      type: 'about:blank',
      title: STATUS_CODES[this.status] ?? 'Error',
      code: this.code,
      reason: this.message,
      instance: requestId,
      status: this.status,
      retryable: RETRYABLE.has(this.status),
      ...(first && { field: first.path, field_issues: [...this.issues] }),
    };
  }
}

/** 400 with what is wrong with each field. */
export function invalid(...issues: [Issue, ...Issue[]]): Refusal {
  return new Refusal('validation_error', 'the request is not valid', { issues });
}
