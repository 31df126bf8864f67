import { classify } from '../../src/activities/dispatch-rules.js';
import { type Followed } from '../../src/activities/follow/followed.js';
import { openRunLog, type RunLog } from '../../src/activities/run-log.js';
import { type JobTools } from '../../src/activities/job.js';
import { type TriggerPlan } from '../../src/activities/trigger-plan.js';
import { formatAction } from '../../src/base/activity.js';
import { LdctlError } from '../../src/base/errors.js';
import { type Accepted, type ActivityPage, type Supervisor } from '../../src/base/supervisor.js';
import { type ClientTools } from './job.js';

/** A client that breaks a rule on purpose, to see that the bench finds it. Built around the real one. */
export interface Sabotage {
  tools?: (real: ClientTools) => ClientTools;
  supervisor?: (real: Supervisor, plan: TriggerPlan) => Supervisor;
  log?: (plan: TriggerPlan, tools: JobTools) => RunLog;
}

const EMPTY: Omit<ActivityPage, 'page'> = { items: [], total_results: 0, total_pages: 0 };

/** What each rule is there for, broken (issue 3, "Break it on purpose"). */
export const SABOTAGES = {
  /** A new key on a retry. */
  'new-key': { supervisor: withNewKeys },
  /** No read of the log after a lost POST: it is taken for absent. */
  'skip-look': { supervisor: (real) => whileUncertain(real, () => Promise.resolve({ ...EMPTY, page: 1 })) },
  /** A read that failed is taken for one that showed nothing. */
  'failed-look': { supervisor: (real) => whileUncertain(real, (read) => read().catch(() => ({ ...EMPTY, page: 1 }))) },
  /** Any entry is taken for one's own. */
  'any-entry': { supervisor: takingAnyEntry },
  /** An every-node trigger ends at the first quiet poll. */
  'first-quiet-poll': { log: endingAtTheFirstQuietPoll },
} as const satisfies Record<string, Sabotage>;

export type SabotageName = keyof typeof SABOTAGES;

function withNewKeys(real: Supervisor): Supervisor {
  let tries = 0;
  return {
    list: (...args) => real.list(...args),
    trigger: (request, options) => {
      tries++;
      return real.trigger(tries === 1 ? request : { ...request, wireKey: `${request.wireKey}.${tries}` }, options);
    },
  };
}

/** Replaces what the log shows from a POST whose fate is unknown to the next one. */
function whileUncertain(
  real: Supervisor,
  replace: (read: () => Promise<ActivityPage>) => Promise<ActivityPage>,
): Supervisor {
  let isUncertain = false;
  return {
    list: (...args) => (isUncertain ? replace(() => real.list(...args)) : real.list(...args)),
    trigger: async (...args): Promise<Accepted> => {
      isUncertain = false;
      try {
        return await real.trigger(...args);
      } catch (error) {
        isUncertain = error instanceof LdctlError && classify({ error }) === 'uncertain';
        throw error;
      }
    },
  };
}

function takingAnyEntry(real: Supervisor, { runtime, action, nodes }: TriggerPlan): Supervisor {
  return {
    trigger: (...args) => real.trigger(...args),
    list: async (...args) => {
      const page = await real.list(...args);
      const items = page.items.map((item) => ({
        ...item,
        runtime,
        action: formatAction(action),
        node_id: nodes === null || nodes.includes(item.node_id) ? item.node_id : (nodes[0] ?? item.node_id),
      }));
      return { ...page, items };
    },
  };
}

function endingAtTheFirstQuietPoll(plan: TriggerPlan, tools: JobTools): RunLog {
  const real = openRunLog(plan, tools);
  if (plan.nodes !== null || plan.expectNodes !== null) return real;
  return { ...real, follow: (followed, ...rest) => real.follow(hasty(followed), ...rest) };
}

function hasty(followed: Followed): Followed {
  let seen = false;
  let quiet = false;
  return {
    open: () => followed.open(),
    observe: (...args) => {
      const events = followed.observe(...args);
      quiet = events.length === 0;
      seen ||= !quiet;
      return events;
    },
    get settled() {
      return followed.settled || (seen && quiet && followed.open().length === 0);
    },
    nextCheckAt: () => followed.nextCheckAt(),
  };
}
