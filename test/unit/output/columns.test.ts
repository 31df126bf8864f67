import assert from 'node:assert/strict';
import { UsageError } from '../../../src/base/errors.js';
import { activityColumns } from '../../../src/output/activity-columns.js';
import { cellText, selectColumns } from '../../../src/output/columns.js';
import { HOSTILE } from './support/samples.js';

function names(wanted?: readonly string[]): string[] {
  return selectColumns(activityColumns, wanted).columns.map((column) => column.name);
}

describe('--columns', () => {
  it('selects and reorders', () => {
    assert.deepEqual(names(['status', 'id']), ['status', 'id']);
  });

  it('takes names in any case', () => {
    assert.deepEqual(names(['STATUS', 'Id']), ['status', 'id']);
  });

  it('leaves all of them when it is not given', () => {
    assert.deepEqual(names().slice(0, 8), ['id', 'node', 'runtime', 'action', 'what', 'status', 'author', 'created']);
  });

  const wrong: Array<[string, string[], RegExp]> = [
    ['an unknown name', ['id', 'colour'], /there is no column "colour"/],
    ['no name', [], /names no column/],
    ['an empty name', [''], /there is no column ""/],
    ['a name twice', ['id', 'id'], /twice/],
    ['a name twice, in two cases', ['id', 'ID'], /twice/],
  ];
  for (const [title, wanted, message] of wrong) {
    it(`refuses ${title}, and lists the names`, () => {
      assert.throws(
        () => names(wanted),
        (error: unknown) => {
          assert.ok(error instanceof UsageError);
          assert.match(error.message, message);
          assert.match(
            error.hint ?? '',
            /id, node, runtime, action, what, status, author, created, age, finished, took/,
          );
          return true;
        },
      );
    });
  }
});

describe('cellText', () => {
  it('leaves no cell empty', () => {
    assert.deepEqual([null, undefined, ''].map(cellText), ['-', '-', '-']);
  });

  it('writes ids digit for digit, and booleans in words', () => {
    assert.deepEqual([18446744073709551615n, true, false].map(cellText), ['18446744073709551615', 'yes', 'no']);
  });

  it('lets nothing through that a terminal would act on', () => {
    assert.doesNotMatch(cellText(HOSTILE), /[^ -~]/);
  });
});
