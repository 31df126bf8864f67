import { parseJson } from '../../src/base/json.js';
import { entryText } from './entries.js';

const ROUNDS = 30;
const PAGES = 20;

/** @returns how many times as long as `JSON.parse` it takes to read a page of 100 entries without rounding */
export function parseRatio(): number {
  const pages = Array.from({ length: PAGES }, (_, page) => pageText(page));
  const exactMs: number[] = [];
  const roundingMs: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    roundingMs.push(time(pages, JSON.parse));
    exactMs.push(time(pages, parseJson));
  }
  return Math.min(...exactMs) / Math.min(...roundingMs);
}

function pageText(page: number): string {
  const items = Array.from({ length: 100 }, (_, n) => entryText(page * 100 + n, Date.UTC(2026, 2, 16), 'completed'));
  return `{"items":[${items.join()}],"page":${page + 1},"total_results":${PAGES * 100},"total_pages":${PAGES}}`;
}

function time(pages: readonly string[], parse: (text: string) => unknown): number {
  const begin = performance.now();
  for (const page of pages) parse(page);
  return performance.now() - begin;
}
