import { structuredPatch } from 'diff';

/** What differs, line by line: `-` as it was, `+` as it is. Empty where nothing does. */
export function lineDiff(before: string, after: string): string {
  const { hunks } = structuredPatch('', '', before, after, '', '', { context: 3 });
  return hunks.map(({ lines }) => lines.join('\n')).join('\n…\n');
}
