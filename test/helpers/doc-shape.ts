/** What differs from run to run, and what stands in its place when two texts are compared. */
const VARYING: ReadonlyArray<readonly [RegExp, string]> = [
  [/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, 'UUID'],
  [/\b[0-9a-f]{32}\b/g, 'REQUEST'],
  [/\bld_pk_\S+/g, 'KEY'],
  [/\b\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?Z?/g, 'TIME'],
  [/\b\d\d:\d\d:\d\dZ/g, 'TIME'],
  [/127\.0\.0\.1:\d+/g, 'HOST'],
  [/\b\d+(\.\d+)?(ms|s|m|h|d)( \d+(ms|s|m|h))*(?![\w.])/g, 'DURATION'],
  [/\bin \d+ days\b/g, 'in DAYS'],
  // The ids of a sandbox's tenant, deployments and nodes are always the same; those of its activities are not.
  [/\b73\d{17}\b/g, 'ACTIVITY'],
  [/ {2,}/g, '  '],
];

/** A line without what differs from run to run. */
export function shapeOf(line: string): string {
  return VARYING.reduce((text, [pattern, name]) => text.replace(pattern, name), line.trimEnd());
}

/**
 * The first line that is not as a page shows it, or null. In what is shown `…` stands for any text, and alone in a
 * line for any lines; ids, times and durations may differ.
 */
export function firstDifference(shown: readonly string[], printed: readonly string[]): string | null {
  const [want, ...rest] = shown;
  if (want === undefined) return printed.length === 0 ? null : `printed, and not shown: ${printed.join('\n')}`;
  if (want.trim() === '…') {
    const found = printed.findIndex((_line, from) => firstDifference(rest, printed.slice(from)) === null);
    return found >= 0 || rest.length === 0 ? null : `shown after …, and not printed: ${rest.join('\n')}`;
  }
  const [have, ...more] = printed;
  if (have === undefined) return `shown, and not printed: ${shown.join('\n')}`;
  if (!patternOf(shapeOf(want)).test(shapeOf(have))) return `shown:   ${shapeOf(want)}\nprinted: ${shapeOf(have)}`;
  return firstDifference(rest, more);
}

function patternOf(shape: string): RegExp {
  const parts = shape.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join('.*')}$`);
}
