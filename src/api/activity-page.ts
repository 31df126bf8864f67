import { isFinal, type Activity } from '../core/activity.js';
import { type Id } from '../core/ids.js';
import { type ActivityPage, type PageQuery } from '../core/supervisor.js';
import { type ApiResponse } from './api-response.js';
import { check, invalidAnswer, jsonOf } from './json-answer.js';
import { activityPage, isActivity, pageOfAnything } from './schemas.js';

/**
 * A page of the activity log out of a 2xx, each entry exactly as the API gave it (contract, "Supervisor: list").
 * @throws InvalidAnswerError when it is not one, or contradicts itself or what was asked for
 */
export function pageOf(response: ApiResponse, query: PageQuery): ActivityPage {
  const json = jsonOf(response);
  const page = check(response, pageOfAnything, json);
  if (!page.items.every(isActivity)) check(response, activityPage, json);
  // The entries as they were read: what the schema hands back has their fields in another order.
  const { items } = json as { items: Activity[] };
  if (items.length > query.results) {
    throw invalidAnswer(response, `the page holds ${items.length} entries where ${query.results} were asked for`);
  }
  checkTotals(response, page, query.results);
  return { ...page, items: foldDuplicates(response, items) };
}

function checkTotals(response: ApiResponse, page: { total_results: number; total_pages: number }, size: number): void {
  const { total_results: results, total_pages: pages } = page;
  // An empty log has no page, or one that is empty (contract).
  if (pages === Math.ceil(results / size) || (results === 0 && pages <= 1)) return;
  throw invalidAnswer(response, `total_pages (${pages}) contradicts total_results (${results}) at ${size} a page`);
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
