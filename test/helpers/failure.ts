import assert from 'node:assert/strict';
import { type LdctlError } from '../../src/base/errors.js';

type ErrorClass<E extends LdctlError> = new (...args: never[]) => E;

/** What a step failed with, which must be of our own errors. @throws AssertionError when it did not fail, or otherwise */
export async function failureOf<E extends LdctlError>(step: Promise<unknown>, kind: ErrorClass<E>): Promise<E> {
  const error: unknown = await step.then(
    () => assert.fail('it did not fail'),
    (fault: unknown) => fault,
  );
  assert.ok(error instanceof kind, String(error));
  return error;
}
