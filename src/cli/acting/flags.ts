/*
 * The flags and arguments of trigger and roll, and those of wait among them.
 */

import * as Flags from '@oclif/core/flags';
import { triggerRequest } from '../../app/requests.js';
import { checkIdempotencyKey } from '../../job/wire-key.js';
import { askedArg, grouped, switchFlag, textFlag, type FlagsOf } from '../line/flags.js';
import { durationFlag, nodeCountFlag, nodesFlag, parsing } from '../line/value-flags.js';

/** Which nodes an action is about. */
export const targetFlags = grouped('TARGET', {
  node: nodesFlag({
    summary: 'Nodes, comma-separated or repeated. Default: all.',
    exclusive: ['expect-nodes'],
  }),
  'expect-nodes': nodeCountFlag(
    'N',
    'Exit with 5 if there are known to be more or fewer than N nodes. `deployment`: as many as Core counts.',
    triggerRequest.entries.expectNodes,
  ),
});

/** How long to follow. */
export const followFlags = grouped('FOLLOWING', {
  timeout: durationFlag('Give up after this long; 0: never. [default: 10m]'),
  'appear-timeout': durationFlag('Report a node missing after this. [default: 30s]'),
});

/** What trigger and roll share. */
export const actingFlags = {
  ...targetFlags,
  ...grouped('CONSENT', {
    yes: switchFlag('Act on every node without asking.', { char: 'y' }),
    confirm: textFlag('NAME', 'Skip the question, for the deployment NAME only.'),
    'dry-run': switchFlag('Show what would be sent, and send nothing.'),
  }),
  ...followFlags,
  ...grouped('FOLLOWING', {
    'if-busy': Flags.option({ options: ['ignore', 'wait', 'fail'] as const })({
      summary: 'What to do if a node is busy. [default: ignore]',
    }),
  }),
  ...grouped('SCRIPTING', {
    'idempotency-key': textFlag('KEY', 'The same command with the same key acts only once.', {
      parse: parsing(checkIdempotencyKey),
    }),
  }),
};
export type ActingFlags = FlagsOf<typeof actingFlags>;

export const actingArgs = {
  runtime: askedArg('iggy or connectors'),
  action: askedArg('start, stop, restart or reconfigure:ID'),
};
