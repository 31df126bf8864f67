import { isFinal, type Activity } from '../base/activity.js';
import { type InvalidAnswerError } from '../base/errors.js';
import { type Id } from '../base/ids.js';
import { type ActivityPage, type PageQuery } from '../base/supervisor.js';
import { type ApiResponse, origin } from './api-response.js';
import { check, invalidAnswer, jsonOf } from './json-answer.js';
import { activityPage, pageOfAnything, readActivity } from './schemas.js';

/**
 * A page of the activity log out of a 2xx, each entry as the API gave it (contract, "Supervisor: list"), but for odd values
 * of what is only shown (`readActivity`).
 * @throws InvalidAnswerError when it is not one, or contradicts itself or what was asked for
 */
export function pageOf(response: ApiResponse, query: PageQuery): ActivityPage {
  const json = jsonOf(response);
  const page = check(response, pageOfAnything, json);
  const items = page.items.map(readActivity).filter((entry) => entry !== null);
  if (items.length < page.items.length) check(response, activityPage, json);
  if (items.length > query.results) {
    throw invalidAnswer(response, `the page holds ${items.length} entries where ${query.results} were asked for`);
  }
  checkPlace(response, { ...page, held: items.length }, query);
  const folded = foldDuplicates(response, items);
  return { ...page, items: folded, ...(folded.length < items.length && { held: items.length }) };
}

interface Place {
  page: number;
  total_results: number;
  total_pages: number;
  held: number;
}

/**
 * Checks that it is the page that was asked for, and as full as it must be. Only page 1 may hold fewer entries: it is what
 * shows that the server's pages are smaller (activities/activity-log.ts). The last page may lack one that came while it
 * was read.
 * @throws InvalidAnswerError
 */
function checkPlace(response: ApiResponse, place: Place, { page, results: size }: PageQuery): void {
  const { total_results: results, total_pages: pages, held } = place;
  // An empty log has no page, or one that is empty (contract, "Supervisor: list").
  if (results === 0 && pages <= 1) return;
  if (place.page !== page && held > 0) {
    throw incomplete(response, `the answer is page ${place.page} where page ${page} was asked for`);
  }
  const isSmaller = page === 1 && held > 0 && held < size && pages === Math.ceil(results / held);
  if (pages !== Math.ceil(results / size) && !isSmaller) {
    throw incomplete(response, `total_pages (${pages}) contradicts total_results (${results}) at ${size} a page`);
  }
  if (page > 1 && page < pages && held < size) {
    throw incomplete(response, `page ${page} of ${pages} holds ${held} entries where ${size} were asked for`);
  }
}

function incomplete(response: ApiResponse, what: string): InvalidAnswerError {
  const hint = `A cache or a proxy in between may not pass the query on: have it leave ${origin(response)} alone.`;
  return invalidAnswer(response, what, { hint });
}

/** An entry that changed while the page was put together can be on it twice: the later state counts. */
function foldDuplicates(response: ApiResponse, items: readonly Activity[]): Activity[] {
  const byId = new Map<Id, Activity>();
  for (const item of items) {
    const other = byId.get(item.id);
    if (other && !canBeSame(other, item)) {
      throw invalidAnswer(response, `the activity ${item.id} is on the page twice, and the two contradict each other`);
    }
    if (!other || isFinal(item.status)) byId.set(item.id, item);
  }
  return [...byId.values()];
}

function canBeSame(a: Activity, b: Activity): boolean {
  const oneEnd = a.status === b.status || !(isFinal(a.status) && isFinal(b.status));
  return oneEnd && a.node_id === b.node_id && a.runtime === b.runtime && a.action === b.action;
}
