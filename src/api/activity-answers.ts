import * as v from 'valibot';
import { STATUSES, type Activity } from '../base/activity.js';
import { isId } from '../base/ids.js';
import type { Accepted, ActivityPage, PageQuery } from '../base/supervisor.js';
import { header, invalidAnswer, requestIdOf, serverTimeOf, valueOf, type Answer } from './answers.js';
import { refuseFailure, type CallHints } from './problems.js';
import { count, type Shape } from './schemas.js';

const hintsFor = (permission: string): CallHints => ({
  forbidden:
    `The key needs the permission ${permission}. If it has an allow-list, it must name this machine's address. ` +
    '`ldctl whoami` shows what it may do.',
  notFound: 'The deployment is unknown, or this key may not see it: `ldctl deployments list` shows those that it may.',
});
const TRIGGER_HINTS = hintsFor('deployment:manage');
const LIST_HINTS = hintsFor('deployment:read');

export function readAccepted(answer: Answer): Accepted {
  refuseFailure(answer, TRIGGER_HINTS);
  const { status, url } = answer;
  if (status !== 202) throw invalidAnswer(answer, `${url.host} answered ${status} where 202 was expected`);
  return {
    requestId: requestIdOf(answer) ?? null,
    replayed: header(answer, 'idempotent-replayed').trim().toLowerCase() === 'true',
    serverTime: serverTimeOf(answer),
  };
}

export function readActivityPage(answer: Answer, asked: PageQuery): ActivityPage {
  refuseFailure(answer, LIST_HINTS);
  const serverTime = serverTimeOf(answer);
  const page = valueOf(answer, activityPage);
  if (page.items.length > 0 && page.page !== asked.page) {
    throw invalidAnswer(answer, `the answer is page ${page.page} where page ${asked.page} was asked for`, {
      hint: `A cache or a proxy in between may not pass the query on: have it leave ${answer.url.origin} alone.`,
    });
  }
  return serverTime === null ? page : { ...page, serverTime };
}

const IDS = ['id', 'node_id'];
const TEXTS = ['runtime', 'action', 'status'];
/** An answer about another deployment is found out by them. */
const IDS_IF_ANY = ['tenant_id', 'deployment_id'];

/** What keeps an entry from being one. By hand, since a log has 100,000: a schema takes five times as long, and reorders fields. */
function flawOf(entry: unknown): string | null {
  if (typeof entry !== 'object' || entry === null) return 'an entry of the log was expected';
  const fields = entry as Readonly<Record<string, unknown>>;
  const noText = TEXTS.find((name) => typeof fields[name] !== 'string');
  if (noText !== undefined) return `${noText}: a text was expected`;
  const given = IDS_IF_ANY.filter((name) => (fields[name] ?? null) !== null);
  const noId = [...IDS, ...given].find((name) => !isId(fields[name]));
  return noId === undefined ? null : `${noId}: an id was expected, an integer of 64 bits`;
}

/** As the API gave it, but for a known status in another case, and for times that are no text. */
function readable(entry: Activity): Activity {
  const { status, created_at: created, finished_at: finished = null } = entry;
  const known = status.toLowerCase();
  const isOdd = status !== known && Object.hasOwn(STATUSES, known);
  if (!isOdd && isText(created) && (finished === null || isText(finished))) return entry;
  return {
    ...entry,
    status: isOdd ? known : status,
    created_at: isText(created) ? created : '',
    finished_at: isText(finished) ? finished : null,
  };
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

const activity = v.pipe(
  v.custom<Activity>(
    (entry) => flawOf(entry) === null,
    ({ input }) => flawOf(input) ?? '',
  ),
  v.transform(readable),
);

const activityPage: Shape<ActivityPage> = v.looseObject({
  items: v.array(activity, 'a list of entries was expected'),
  page: count,
  total_results: count,
  total_pages: count,
});
