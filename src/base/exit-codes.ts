/** The one table of exit codes; help, README and docs are generated from it. */
export const EXIT_CODES = {
  done: { code: 0, meaning: 'done', sent: 'yes', ci: 'continue' },
  fault: { code: 1, meaning: 'a bug in ldctl', sent: 'no', ci: 'report it' },
  usage: {
    code: 2,
    meaning: 'wrong usage, an unusable local file or key, or consent not given',
    sent: 'no',
    ci: 'fix the command',
  },
  rejected: { code: 3, meaning: 'a node rejected the action', sent: 'yes', ci: 'look at the node' },
  denied: {
    code: 4,
    meaning: 'not authenticated or not permitted (401, 403)',
    sent: 'no',
    ci: 'fix the key',
  },
  refused: {
    code: 5,
    meaning:
      'the API refused (other 4xx), a profile or deployment was not found, a node was busy (`--if-busy`), a roll ran out of time before anything was sent, or ldctl cannot tell which nodes there are',
    sent: 'no',
    ci: 'fix the target',
  },
  unreachable: {
    code: 6,
    meaning:
      'the API could not be reached, its answer could not be understood, or the output could not be written',
    sent: 'no',
    ci: 'try again',
  },
  unconfirmed: {
    code: 7,
    meaning:
      'unconfirmed: it may or may not have run, an expected node has no entry in the log, or the log could not be read',
    sent: 'perhaps',
    ci: 'look before trying again',
  },
  timedOut: {
    code: 8,
    meaning: 'timed out: still processing',
    sent: 'yes',
    ci: 'run `activities wait`',
  },
  halted: {
    code: 9,
    meaning: 'a gate halted the roll',
    sent: 'yes',
    ci: "look at the gate's output",
  },
  sighup: { code: 129, meaning: 'interrupted by SIGHUP', sent: 'see the output', ci: '–' },
  sigint: { code: 130, meaning: 'interrupted by SIGINT', sent: 'see the output', ci: '–' },
  sigterm: { code: 143, meaning: 'interrupted by SIGTERM', sent: 'see the output', ci: '–' },
} as const;

/** The name of an exit code, as the table has it. */
export type ExitName = keyof typeof EXIT_CODES;
export type ExitCode = (typeof EXIT_CODES)[ExitName]['code'];
