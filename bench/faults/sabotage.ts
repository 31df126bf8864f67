import { ActivityLog } from '../../src/activities/activity-log.js';
import { judge } from '../../src/activities/dispatch-rules.js';
import { type Followed } from '../../src/activities/follow.js';
import { ownSight, type Sight } from '../../src/activities/sight.js';
import { type TriggerPlan } from '../../src/activities/trigger.js';
import { formatAction } from '../../src/core/activity.js';
import { LdctlError } from '../../src/core/errors.js';
import { type Accepted, type ActivityPage, type Supervisor } from '../../src/core/supervisor.js';

/** A client that breaks a rule on purpose, to see that the bench finds it. Built around the real one. */
export interface Sabotage {
  supervisor?: (real: Supervisor, plan: TriggerPlan) => Supervisor;
  sight?: (supervisor: Supervisor, plan: TriggerPlan) => Sight;
}

const EMPTY: Omit<ActivityPage, 'page'> = { items: [], total_results: 0, total_pages: 0 };

/** What each rule is there for, broken (issue 3, "Break it on purpose"). */
export const SABOTAGES = {
  /** A new key on a retry. */
  'new-key': { supervisor: withNewKeys },
  /** No look at the log after a lost POST: it is taken for absent. */
  'skip-look': { supervisor: (real) => whileInDoubt(real, () => Promise.resolve({ ...EMPTY, page: 1 })) },
  /** A look that failed is taken for one that showed nothing. */
  'failed-look': { supervisor: (real) => whileInDoubt(real, (look) => look().catch(() => ({ ...EMPTY, page: 1 }))) },
  /** Any entry is taken for one's own. */
  'any-entry': { supervisor: takingAnyEntry },
  /** An every-node trigger ends at the first quiet poll. */
  'first-quiet-poll': { sight: endingAtTheFirstQuietPoll },
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
function whileInDoubt(real: Supervisor, replace: (look: () => Promise<ActivityPage>) => Promise<ActivityPage>): Supervisor {
  let inDoubt = false;
  return {
    list: (...args) => (inDoubt ? replace(() => real.list(...args)) : real.list(...args)),
    trigger: async (...args): Promise<Accepted> => {
      inDoubt = false;
      try {
        return await real.trigger(...args);
      } catch (error) {
        inDoubt = error instanceof LdctlError && judge({ error }) === 'cannot-tell';
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

function endingAtTheFirstQuietPoll(supervisor: Supervisor, { nodes, expectNodes, deploymentId }: TriggerPlan): Sight {
  const real = ownSight(new ActivityLog(supervisor, deploymentId));
  if (nodes !== null || expectNodes !== null) return real;
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
