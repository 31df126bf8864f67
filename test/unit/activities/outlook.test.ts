import assert from 'node:assert/strict';
import { together, type Outlook, type Underway } from '../../../src/activities/outlook.js';

const NOW = Date.UTC(2026, 5, 1);
const restart: Underway = { runtime: 'iggy', action: 'restart', since: NOW - 5000 };
const stop: Underway = { runtime: 'connectors', action: 'stop', since: NOW - 9000 };

function outlook(awaitsEntries: boolean, ...underway: Underway[]): Outlook {
  return { now: NOW - 1, underway, awaitsEntries };
}

describe('the outlook of several runs', () => {
  it('holds what is underway in all of them, as of now', () => {
    const all = together([outlook(false, restart), outlook(false, stop, restart), outlook(false)], NOW);
    assert.deepEqual(all, { now: NOW, underway: [restart, stop, restart], awaitsEntries: false });
  });

  it('awaits entries where any of them does', () => {
    assert.equal(together([outlook(false, stop), outlook(true)], NOW).awaitsEntries, true);
    assert.equal(together([outlook(true), outlook(true)], NOW).awaitsEntries, true);
  });

  it('awaits entries where nothing can be said of one, and adds nothing for it', () => {
    assert.deepEqual(together([outlook(false, stop), undefined], NOW), { now: NOW, underway: [stop], awaitsEntries: true });
  });

  it('is of nothing where there is none', () => {
    assert.deepEqual(together([], NOW), { now: NOW, underway: [], awaitsEntries: false });
  });
});
