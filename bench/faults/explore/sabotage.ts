import { classify } from '../../../src/activities/dispatch-rules.js';
import { ApiError, LdctlError, RedirectError, UsageError } from '../../../src/base/errors.js';
import { type RunJournal, type RunRecord } from '../../../src/base/old-journal.js';
import { type Accepted, type ActivityPage, type Supervisor } from '../../../src/base/supervisor.js';
import { type MemoryJournal } from '../../../test/helpers/memory-journal.js';
import { type Promised } from '../checks.js';
import { type ClientClock } from '../client.js';
import { type ClientTools } from '../job.js';
import { type Sabotage } from '../sabotage.js';
import { type SettingName } from './setting.js';

/** A client that breaks a rule, and where that is to be seen. */
export interface ExplorerSabotage extends Sabotage {
  setting: SettingName;
  breaks: Promised;
}

/** How much of the log the shortsighted client knows. */
const NEWEST = 100;
/** Before its first POST, no client waits longer than this for anything; ms. */
const LONGEST_WAIT_MS = 60_000;

/** Clients that each break one rule on purpose, to see that the explorer finds it. Built around the real one. */
export const EXPLORER_SABOTAGES = {
  /** Somebody else's entry needs no proof. */
  unproven: { setting: 'named', breaks: 'stolen', supervisor: believingAnyEntry },
  /** A refusal removes the record of the key, whoever wrote it. */
  'any-record': { setting: 'two-runs', breaks: 'record', tools: removingAnyRecord },
  /** Only the newest hundred entries name nodes. */
  'newest-hundred': { setting: 'busy-log', breaks: 'forgotten', supervisor: seeingTheNewestOnly },
  /** Durations are measured by the wall clock. */
  'wall-clock': { setting: 'named', breaks: 'hang', tools: timingByTheWall },
  /** The first POST is sent however old the baseline is, and whatever another run has done with the key meanwhile. */
  'no-age': { setting: 'two-runs', breaks: 'double', tools: blindUntilThePost },
  /** A 499 and a redirect are taken for a definite no. */
  'definite-499': { setting: 'named', breaks: 'falseNothing', supervisor: takingAllForNo },
} as const satisfies Record<string, ExplorerSabotage>;

function believingAnyEntry(real: Supervisor): Supervisor {
  let acceptedAt = Infinity;
  return {
    trigger: async (...args): Promise<Accepted> => {
      const accepted = await real.trigger(...args);
      acceptedAt = accepted.serverTime ?? Infinity;
      return accepted;
    },
    list: async (...args): Promise<ActivityPage> => {
      const page = await real.list(...args);
      const items = page.items.map((item) =>
        Date.parse(item.created_at) > acceptedAt ? { ...item, created_at: new Date(acceptedAt).toISOString() } : item,
      );
      return { ...page, items };
    },
  };
}

function removingAnyRecord(real: ClientTools): ClientTools {
  const { records } = real.journal as RunJournal & Pick<MemoryJournal, 'records'>;
  const onRefusal = (error: unknown): void => {
    if (error instanceof LdctlError && classify({ error }) === 'definite-no') records.clear();
  };
  return { ...real, supervisor: withFailures(real.supervisor, onRefusal) };
}

function seeingTheNewestOnly(real: Supervisor): Supervisor {
  let hasPosted = false;
  return {
    trigger: (...args) => {
      hasPosted = true;
      return real.trigger(...args);
    },
    list: async (id, query, options): Promise<ActivityPage> => {
      const page = await real.list(id, query, options);
      if (hasPosted || page.total_results <= NEWEST) return page;
      return { ...page, total_results: NEWEST, total_pages: Math.ceil(NEWEST / query.results) };
    },
  };
}

function timingByTheWall(real: ClientTools): ClientTools {
  const { clock } = real;
  const start = clock.now();
  const wall: ClientClock = {
    now: () => clock.now(),
    elapsed: () => clock.now() - start,
    sleep: (...args) => clock.sleep(...args),
  };
  return { ...real, clock: wall };
}

function blindUntilThePost(real: ClientTools): ClientTools {
  const clock = real.clock;
  let hasPosted = false;
  const blind = (read: () => number): (() => number) => {
    let last = read();
    let hiddenMs = 0;
    return () => {
      const now = read();
      if (!hasPosted && now - last > LONGEST_WAIT_MS) hiddenMs += now - last;
      last = now;
      return now - hiddenMs;
    };
  };
  const now = blind(() => clock.now());
  const elapsed = blind(() => clock.elapsed());
  const blindClock: ClientClock = { now, elapsed, sleep: (...args) => clock.sleep(...args) };
  const trigger: Supervisor['trigger'] = (...args) => {
    hasPosted = true;
    return real.supervisor.trigger(...args);
  };
  const supervisor: Supervisor = { trigger, list: (...args) => real.supervisor.list(...args) };
  return { ...real, clock: blindClock, supervisor, journal: believingItself(real.journal) };
}

/** Once a run has written a record, it takes that for what there is. */
function believingItself(real: RunJournal): RunJournal {
  const own = new Map<string, RunRecord | null>();
  return {
    read: async (wireKey) => own.get(wireKey) ?? real.read(wireKey),
    update: (wireKey, change) =>
      real.update(wireKey, (known) => {
        const next = change(known);
        if (next !== known) own.set(wireKey, next);
        return next;
      }),
  };
}

function takingAllForNo(real: Supervisor): Supervisor {
  return withFailures(real, (error) => {
    if (error instanceof RedirectError || (error instanceof ApiError && error.status === 499)) {
      throw new UsageError('taken for a definite no');
    }
  });
}

/** Tells of every POST that failed. */
function withFailures(real: Supervisor, onFailure: (error: unknown) => void): Supervisor {
  return {
    list: (...args) => real.list(...args),
    trigger: async (...args): Promise<Accepted> => {
      try {
        return await real.trigger(...args);
      } catch (error) {
        onFailure(error);
        throw error;
      }
    },
  };
}
