/**
 * What today's job is accused of, and a coming rule sets right. A test passes while an accusation
 * stands, and fails once no story shows it: then its line goes.
 */
export interface Known {
  accusation: string;
  /** The rule that sets it right. */
  fixedBy: string;
}

const TIME = 'Time refutes a success';
const RECORD = 'The record: the time counts from the beginning of the POST';
const API_KEY = 'The record: another API key never sends again';
const BUSY = '--if-busy looks again right before the POST';

export const KNOWN: readonly Known[] = [
  { accusation: 'a row is completed by an older entry', fixedBy: TIME },
  { accusation: 'exit 0 without every node', fixedBy: TIME },
  { accusation: 'exit 0 with fewer than expected', fixedBy: TIME },
  { accusation: 'sent again 120 s after the first POST began', fixedBy: RECORD },
  { accusation: 'run twice: the server had forgotten the key', fixedBy: RECORD },
  { accusation: 'run twice: by another API key', fixedBy: API_KEY },
  { accusation: 'sent again by another API key', fixedBy: API_KEY },
  { accusation: 'sent to a node that was busy right before, with --if-busy wait', fixedBy: BUSY },
  { accusation: 'sent to a node that was busy right before, with --if-busy fail', fixedBy: BUSY },
  { accusation: 'accepted, and nothing was sent', fixedBy: '--no-wait after a lost answer' },
  {
    accusation: 'exit 0 before the grace was over',
    fixedBy: 'The grace of a POST that this process made counts from its own 202',
  },
];
