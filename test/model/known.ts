/**
 * What today's job is accused of, and a coming rule sets right. A test passes while an accusation
 * stands, and fails once no story shows it: then its line goes.
 */
export interface Known {
  accusation: string;
  /** The rule that sets it right. */
  fixedBy: string;
}

export const KNOWN: readonly Known[] = [];
