/**
 * What the tests are about: the tag that a session has in its title, the promise or the rule that
 * it shows, and the rules of docs/rules.md that the model breaks for it. `npm run generate` makes
 * the table of test/README.md of this.
 */
export const TOPICS: Readonly<Record<string, { says: string; rules: readonly string[] }>> = {
  'exact-ids': { says: 'Ids are exact', rules: [] },
  'at-most-once': {
    says: 'A trigger runs at most once, even if it is typed again',
    rules: ['Record', 'Baseline'],
  },
  'lost-answer': {
    says: 'After a lost answer ldctl looks in the log before it sends again',
    rules: ['The answer', 'Uncertain'],
  },
  'exit-0-means-done': {
    says: 'Exit 0 means that every node completed this action',
    rules: ['Done', 'Whose entry', 'Time refutes a success, and nothing else'],
  },
  'exit-codes': { says: 'Every other exit code says how it ended', rules: ['Missing'] },
  'secret-key': { says: 'The API key stays secret', rules: [] },
  'stdout-parses': { says: 'stdout parses in the format that was asked for', rules: [] },
  'every-node': {
    says: 'Which nodes there are, and how many',
    rules: ['Which nodes', 'How far the log is read'],
  },
  'which-deployment': { says: 'Which deployment, and its supervisor', rules: [] },
  consent: { says: 'What must be agreed to, and how', rules: ['Held to'] },
  busy: { says: 'Nodes that are busy', rules: ['Busy'] },
  'other-operators': { says: 'Others act at the same time', rules: [] },
  interrupted: { says: 'Ctrl-C and signals', rules: ['The end'] },
  continues: {
    says: 'The command that is printed continues',
    rules: ['A record skips these checks', 'A wait counts as its run did'],
  },
  reads: {
    says: 'Reads that fail, and how often they come',
    rules: ['Failing reads', 'How often'],
  },
  clocks: { says: 'Clocks that are wrong', rules: ['Time'] },
  roll: {
    says: 'A roll: its order, pace, window and record',
    rules: ['Order', 'Pace', 'Halting', 'The same roll', 'A resumed roll keeps its window'],
  },
  gate: { says: 'Pauses and gates', rules: ['Pause and gate'] },
  log: {
    says: 'Lists, filters, --watch and --follow',
    rules: ['Which end is the newest', 'To the end', '`--watch`'],
  },
  nodes: { says: 'What the nodes are by the log', rules: [] },
  names: { says: 'Names for nodes', rules: [] },
  profiles: { says: 'Profiles', rules: [] },
  whoami: { says: 'What a key may do', rules: [] },
  mistakes: { says: 'A mistake ends with 2, and nothing is sent', rules: [] },
  help: { says: 'Help', rules: [] },
  screen: { says: 'What a terminal shows', rules: [] },
  ci: { says: 'In GitHub Actions', rules: [] },
};
