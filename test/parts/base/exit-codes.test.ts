import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { EXIT_CODES } from '../../../src/base/exit-codes.js';

interface CommonSchema {
  $defs: { error: { properties: { exit_code: { enum: number[] } } } };
}

describe('the exit codes', () => {
  it('are those that the schema of an error allows', () => {
    const schema = readFileSync(
      new URL('../../../schemas/common.schema.json', import.meta.url),
      'utf8',
    );
    const { $defs } = JSON.parse(schema) as CommonSchema;
    assert.deepEqual(
      $defs.error.properties.exit_code.enum,
      Object.values(EXIT_CODES).map(({ code }) => code),
    );
  });
});
