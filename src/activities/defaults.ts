/** What holds where nobody says otherwise, for commands and programs alike; milliseconds. */
export const DEFAULTS = {
  /** How long a run is followed; a roll has no limit as a whole … */
  timeoutMs: 10 * 60_000,
  /** … but each of its nodes has. */
  nodeTimeoutMs: 10 * 60_000,
  appearTimeoutMs: 30_000,
  claimWindowMs: 2000,
  gateTimeoutMs: 5 * 60_000,
} as const;

/** A server is nobody's to hammer, and a shorter interval would not notice anything sooner; milliseconds. */
export const SHORTEST_INTERVAL_MS = 100;

/** As many nodes as any deployment has, and a result can list. */
export const MOST_NODES = 100_000;
