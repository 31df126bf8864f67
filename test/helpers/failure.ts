import assert from 'node:assert/strict';

type ErrorClass<E extends Error> = abstract new (...args: never[]) => E;

/**
 * What a step failed with, which must be of this class.
 * @throws AssertionError when it did not fail, or otherwise
 */
export async function failureOf<E extends Error>(
  step: Promise<unknown>,
  kind: ErrorClass<E>,
): Promise<E> {
  const error: unknown = await step.then(
    () => assert.fail('it did not fail'),
    (fault: unknown) => fault,
  );
  assert.ok(error instanceof kind, String(error));
  return error;
}

/**
 * Holds the error of a step against these fields; a pattern stands for a text.
 * @throws AssertionError also when it did not fail
 */
export function fails(step: Promise<unknown> | (() => unknown), fields: object): Promise<void> {
  const play = Promise.resolve().then(() => (typeof step === 'function' ? step() : step));
  return assert.rejects(play, fields);
}
