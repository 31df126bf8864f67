import { readActivityPage } from '../../../src/api/answers.js';
import { header, type ApiResponse } from '../../../src/api/api-response.js';
import { type ActivityPage, type PageQuery } from '../../../src/base/supervisor.js';

/** What was read before, by all that it depends on. */
const pages = new Map<string, ActivityPage>();
const MOST_PAGES = 5000;

/** As `readActivityPage`, for answers that come again in thousands of stories. */
export function readKnownPage(response: ApiResponse, query: PageQuery): ActivityPage {
  const name = `${query.page} ${query.results} ${header(response, 'date')} ${response.body}`;
  const page = pages.get(name) ?? readActivityPage(response, query);
  if (pages.size > MOST_PAGES) pages.clear();
  pages.set(name, page);
  return page;
}
