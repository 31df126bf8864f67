/** How many lines are shown around a difference. */
const AROUND = 3;

/** What differs, line by line: `-` as it was, `+` as it is. Empty where nothing does. */
export function lineDiff(before: string, after: string): string {
  if (before === after) return '';
  const changes = changesOf(before.split('\n'), after.split('\n'));
  const isNear = (at: number): boolean =>
    changes.slice(Math.max(0, at - AROUND), at + AROUND + 1).some(([mark]) => mark !== ' ');
  const lines: string[] = [];
  for (const [at, [mark, line]] of changes.entries()) {
    if (isNear(at)) lines.push(mark + line);
    else if (lines.at(-1) !== '…') lines.push('…');
  }
  return lines.join('\n');
}

type Change = readonly [mark: ' ' | '-' | '+', line: string];

/** By the longest common subsequence of the lines. */
function changesOf(before: readonly string[], after: readonly string[]): Change[] {
  const common = before.map(() => after.map(() => 0));
  const at = (i: number, j: number): number => common[i]?.[j] ?? 0;
  for (let i = before.length - 1; i >= 0; i -= 1) {
    for (let j = after.length - 1; j >= 0; j -= 1) {
      const row = common[i];
      if (row) {
        row[j] =
          before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
      }
    }
  }
  const changes: Change[] = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    const [old = '', now = ''] = [before[i], after[j]];
    if (i < before.length && j < after.length && old === now) {
      changes.push([' ', old]);
      i += 1;
      j += 1;
    } else if (j >= after.length || (i < before.length && at(i + 1, j) >= at(i, j + 1))) {
      changes.push(['-', old]);
      i += 1;
    } else {
      changes.push(['+', now]);
      j += 1;
    }
  }
  return changes;
}
