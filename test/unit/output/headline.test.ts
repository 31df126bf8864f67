import assert from 'node:assert/strict';
import { fitHeadline, statesOf, titlesOf } from '../../../src/output/views/headline.js';

const deployment = { id: 7263012455120900033n, name: 'prod-eu-west' };
const titles = titlesOf({ what: 'restart of iggy', deployment });
const states = statesOf(['1 of 3 done'], ['about 9s to go'], ['usually 14s', 'about 9s to go'], '5s');

function line(width: number): string {
  const { title, state } = fitHeadline({ titles, states }, width, '…');
  return `${title}: ${state}`;
}

describe('the headline of a live view', () => {
  // Each is as wide as its text, and one column less takes it to the next.
  const shorter = [
    'restart of iggy on prod-eu-west (7263012455120900033): 1 of 3 done, usually 14s, about 9s to go, 5s',
    'restart of iggy on prod-eu-west: 1 of 3 done, usually 14s, about 9s to go, 5s',
    'restart of iggy on prod-eu-west: 1 of 3 done, about 9s to go, 5s',
    'prod-eu-west: 1 of 3 done, about 9s to go, 5s',
    'prod-eu-west: 1 of 3 done, 5s',
  ];
  for (const text of shorter) {
    it(`has room in ${text.length} columns for: ${text}`, () => assert.equal(line(text.length), text));
  }

  it('keeps the name whole, with how far it has come and for how long, until there is no room for these', () => {
    for (let width = 100; width >= 29; width -= 1) {
      const shown = line(width);
      assert.ok(shown.length <= width, shown);
      assert.match(shown, /prod-eu-west.*: 1 of 3 done, (?:.*, )?5s$/);
    }
    assert.equal(line(28), 'prod-eu-we…: 1 of 3 done, 5s');
  });

  it('has the id where nobody has said the name', () => {
    const unnamed = titlesOf({ what: 'activities', deployment: { ...deployment, name: null } });
    assert.deepEqual(unnamed, [
      'activities on deployment 7263012455120900033',
      'activities on 7263012455120900033',
      '7263012455120900033',
    ]);
  });

  it('cuts between characters, not in the middle of one', () => {
    const family = '👨‍👩‍👧';
    const { title } = fitHeadline(
      { titles: titlesOf({ what: 'x', deployment: { id: 1n, name: family.repeat(9) } }), states: ['s', 's', 's'] },
      12,
      '…',
    );
    assert.equal(title, `${family.repeat(4)}…`);
  });
});
