import * as Flags from '@oclif/core/flags';
import { FORMAT_NAMES } from '../output/formats.js';

const group = 'GLOBAL';
const rolling = 'ROLLING';

export const DEFAULT_APPEAR_TIMEOUT = '30s';

/** How the result is written. Every command has these. */
export const outputFlags = {
  output: Flags.option({ options: FORMAT_NAMES })({
    char: 'o',
    helpGroup: group,
    summary: 'How the result is written.',
    default: 'table',
  }),
  json: Flags.boolean({ helpGroup: group, summary: 'The same as -o json.' }),
  columns: Flags.string({ helpGroup: group, summary: 'Columns of a table or of CSV, in this order.', helpValue: 'a,b' }),
  'no-header': Flags.boolean({ helpGroup: group, summary: 'Leave out the header of a table or of CSV.' }),
  'string-ids': Flags.boolean({
    helpGroup: group,
    summary: 'Write ids as JSON strings, for readers that would round them.',
  }),
  utc: Flags.boolean({ helpGroup: group, summary: 'Show times in UTC instead of local time.' }),
  quiet: Flags.boolean({ char: 'q', helpGroup: group, summary: 'Say nothing on stderr but warnings and errors.' }),
  debug: Flags.boolean({ helpGroup: group, summary: 'Show every request on stderr, without the key.' }),
};

/** Which deployment, through which API, with which key. */
export const connectionFlags = {
  profile: Flags.string({
    aliases: ['context'],
    helpGroup: group,
    helpValue: 'NAME',
    summary: 'The profile to use, taken whole: LD_* variables are then ignored.',
  }),
  deployment: Flags.string({
    aliases: ['deployment-id'],
    helpGroup: group,
    helpValue: 'ID|NAME',
    summary: 'The deployment to act on. [env: LD_DEPLOYMENT_ID]',
  }),
  'supervisor-url': Flags.string({
    helpGroup: group,
    helpValue: 'URL',
    summary: 'Base URL of its Supervisor API. [env: LD_SUPERVISOR_URL]',
  }),
  'api-url': Flags.string({ helpGroup: group, helpValue: 'URL', summary: 'Base URL of the Core API. [env: LD_API_URL]' }),
  'tenant-id': Flags.string({ helpGroup: group, helpValue: 'ID', summary: 'The tenant. [env: LD_TENANT_ID]' }),
};

/** How long to follow, and how often to look. */
export const followFlags = {
  timeout: Flags.string({
    helpValue: 'DURATION',
    summary: 'How long to follow before giving up; 0 for no limit. [default: 10m; none with --rolling]',
  }),
  interval: Flags.string({ helpValue: 'DURATION', summary: 'Look this often, instead of adapting to what happens.' }),
  'appear-timeout': Flags.string({
    default: DEFAULT_APPEAR_TIMEOUT,
    helpValue: 'DURATION',
    summary: "How long a target's entry may take to show up in the log.",
  }),
};

/** Which nodes a trigger is about. */
export const targetFlags = {
  node: Flags.string({
    aliases: ['node-id'],
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'ID',
    summary: 'A node to act on; repeat it or separate ids by commas. Without it: every node.',
  }),
  'expect-nodes': Flags.string({ helpValue: 'N', summary: 'How many nodes an every-node trigger must reach.' }),
};

/** One node after the other (design, "Rolling"). */
export const rollFlags = {
  rolling: Flags.boolean({
    helpGroup: rolling,
    summary: 'Act on one node after the other, and stop when one does not complete.',
  }),
  'max-unavailable': Flags.string({
    helpGroup: rolling,
    helpValue: 'N|P%',
    summary: 'How many nodes may be underway at once. [default: 1]',
  }),
  pause: Flags.string({ helpGroup: rolling, helpValue: 'DURATION', summary: 'Wait this long after each node.' }),
  'gate-cmd': Flags.string({
    helpGroup: rolling,
    helpValue: 'CMD',
    summary: 'Run this by `sh -c` after each node; anything but 0 halts the roll.',
  }),
  'gate-timeout': Flags.string({
    helpGroup: rolling,
    helpValue: 'DURATION',
    summary: 'End a gate that takes longer, which halts the roll. [default: 5m]',
  }),
  'node-timeout': Flags.string({
    helpGroup: rolling,
    helpValue: 'DURATION',
    summary: 'How long each node may take; 0 for no limit. [default: 10m]',
  }),
  'continue-on-error': Flags.boolean({
    helpGroup: rolling,
    summary: 'Go on although a node did not complete.',
  }),
};

export const configFlag = {
  config: Flags.string({ helpValue: 'ID', summary: 'The config of a reconfigure.' }),
};
