export function table(header: readonly string[], rows: ReadonlyArray<readonly string[]>): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(header), `|${'---|'.repeat(header.length)}`, ...rows.map(line)].join('\n');
}

/** A figure beside its goal, of which it should be no more. */
export function judged(figure: string, isReached: boolean, goal: string): string {
  return `**${figure}** (goal ${goal}${isReached ? '' : ', missed'})`;
}

export function ratio(value: number, goal: number): string {
  return judged(value.toFixed(2), value <= goal, String(goal));
}
