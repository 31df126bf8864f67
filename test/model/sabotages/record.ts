import type { DriveTools } from '../../../src/job/drive.js';
import type { FactOf, StepOf } from '../../../src/job/job.js';
import type { takeSending } from '../../../src/job/run/sending.js';
import type { addMark } from '../../../src/job/run/state.js';
import type { continueFrom, takeUnknown } from '../../../src/job/run/unknown.js';
import { limit, ofJournal, put, type Change } from '../places.js';
import { SECOND } from '../setting.js';
import { plan, sabotage, type Rules } from './sabotage.js';

type RecordStep = (step: StepOf<'record'>, tools: DriveTools) => FactOf<'record'>;

/** What one process leaves for the next: records, and marks beside them. */
export const RECORD: Rules = {
  Record: [
    sabotage(
      'no record before the POST',
      'sent-without-record',
      'killed and run again',
      0,
      plan('keepsKey', () => false),
    ),
    sabotage(
      'the record is written after the POST',
      'sent-without-record',
      'killed and run again',
      0,
      ...recordsLate(),
    ),
    sabotage(
      'it sends though the record cannot be written',
      'sent-without-record',
      'killed and run again',
      1,
      put<RecordStep>('job/drive', 'record', (original, step, tools) => {
        const told = original(step, tools);
        return told.is === 'unwritten' ? original({ ...step, record: null }, tools) : told;
      }),
    ),
    sabotage(
      'a record is valid for ten minutes',
      'run-twice-forgotten',
      'killed and run again',
      1,
      ofJournal('read', (_, read, key) => {
        const kept = read(key);
        return kept && kept.ageMs < 600 * SECOND ? kept : null;
      }),
    ),
    sabotage(
      'another that has just sent has no 5 s',
      'run-twice',
      'two processes, keys ignored',
      2,
      put<typeof takeSending>(
        'job/run/sending',
        'takeSending',
        (original, run, state, fact, now) => {
          const to = original(run, state, fact, now);
          const isFound = fact.is === 'found' && to.name === 'unknown';
          return isFound ? { ...to, sent: { ...to.sent, lostAt: -Infinity } } : to;
        },
      ),
    ),
    sabotage(
      'a record does not keep how many are expected',
      'due-log',
      'four nodes expected, killed',
      1,
      put<typeof continueFrom>(
        'job/run/unknown',
        'continueFrom',
        (original, run, before, kept, now) =>
          original(run, before, { ...kept, record: { ...kept.record, expect: null } }, now),
      ),
    ),
    sabotage(
      'a refusal is not noted',
      'again-after-no',
      'killed and run again',
      1,
      put<typeof addMark>('job/run/state', 'addMark', (original, run, mark) => {
        if (mark !== 'refused') original(run, mark);
      }),
    ),
    sabotage(
      'a refusal is not noted, and another API key cannot try again',
      'unsent-is-unconfirmed',
      'one node, 403 at first, killed, then another API key',
      1,
      put<typeof addMark>('job/run/state', 'addMark', (original, run, mark) => {
        if (mark !== 'refused') original(run, mark);
      }),
    ),
    sabotage(
      'a record is sent again forever',
      'record-again-too-late',
      'killed and run again',
      1,
      limit('job/run/unknown', 'RESEND', 1e12),
    ),
    sabotage(
      'a record is sent again for ten minutes',
      'record-again-too-late',
      'one node, killed, run again after 9.5 minutes',
      1,
      limit('job/run/unknown', 'RESEND', 600 * SECOND),
    ),
    sabotage(
      'the nine minutes start anew with each record',
      'record-again-too-late',
      'killed and run again',
      1,
      put<typeof continueFrom>(
        'job/run/unknown',
        'continueFrom',
        (original, run, before, kept, now) => original(run, before, { ...kept, ageMs: 0 }, now),
      ),
    ),
    sabotage(
      'a stale record is followed forever',
      'never-ends',
      'killed and run again',
      1,
      put<typeof takeUnknown>('job/run/unknown', 'takeUnknown', (original, run, state, ...rest) => {
        const to = original(run, state, ...rest);
        return to.name === 'ended' && to.error === run.fateError ? state : to;
      }),
    ),
    sabotage(
      'a record is replaced by one that slept',
      'again-though-shown',
      'two processes that do not wait',
      2,
      put<RecordStep>('job/drive', 'record', (original, step, tools) => {
        const newest = step.record && tools.journal?.read(step.record.key);
        return original({ ...step, after: newest?.generation ?? step.after }, tools);
      }),
    ),
    sabotage(
      'a POST that continues from a record makes none',
      'run-twice',
      'two processes that do not wait, the first POST lost',
      2,
      ofJournal('claim', (journal, claim, record, after) => {
        const kept = journal.read(record.key);
        const isOurs = kept?.generation === after && !kept.marks.has('accepted');
        return isOurs ? { made: after } : claim(record, after);
      }),
    ),
    sabotage(
      'another API key sends again',
      'again-by-another-key',
      'one node, killed, then another API key',
      1,
      put<typeof continueFrom>(
        'job/run/unknown',
        'continueFrom',
        (original, run, before, kept, now) => {
          const apiKey = run.trigger.apiKeyHash;
          return original(run, before, { ...kept, record: { ...kept.record, apiKey } }, now);
        },
      ),
    ),
    sabotage(
      'an acceptance is not noted',
      'again-after-another',
      'two processes that do not wait',
      1,
      put<typeof addMark>('job/run/state', 'addMark', (original, run, mark) => {
        if (mark !== 'accepted') original(run, mark);
      }),
    ),
    sabotage(
      'what came after the end of a run is its own',
      'row-of-later-entry',
      'one node, two at once, if busy fail',
      1,
      put<typeof continueFrom>(
        'job/run/unknown',
        'continueFrom',
        (original, run, before, kept, now) =>
          original(run, before, { ...kept, newestWhenSettled: null }, now),
      ),
    ),
    sabotage(
      'a record keeps no baseline',
      'row-of-older-entry',
      'killed and run again',
      1,
      put<typeof continueFrom>(
        'job/run/unknown',
        'continueFrom',
        (original, run, before, kept, now) => {
          const record = { ...kept.record, baseline: 0n, date: null };
          return original(run, before, { ...kept, record }, now);
        },
      ),
    ),
  ],
};

/** A record is written where the journal is told of the acceptance, or never. */
function recordsLate(): Change[] {
  let held: StepOf<'record'> | null = null;
  return [
    put<RecordStep>('job/drive', 'record', (_, step, tools) => {
      held = step;
      return { is: 'recorded', generation: step.after + 1, at: tools.clock.now() };
    }),
    put<(step: StepOf<'note'>, tools: DriveTools) => FactOf<'note'>>(
      'job/drive',
      'note',
      (original, step, tools) => {
        const { record, after } = held ?? {};
        held = null;
        if (record) tools.journal?.claim({ ...record, postedAt: tools.clock.now() }, after ?? 0);
        return original(step, tools);
      },
    ),
  ];
}
