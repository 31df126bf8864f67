import { nodesIn, type HowOfRoll, type Order } from '../../app/order.js';
import { check, rollHow, rollRequest } from '../../app/requests.js';
import { UsageError } from '../../base/errors.js';
import { draftOf, sharedFields, type Typed } from '../../cli/acting/draft.js';
import { actingArgs, actingFlags } from '../../cli/acting/flags.js';
import { checkGateProgram } from '../../cli/acting/gate.js';
import {
  ActingCommand,
  agree,
  openTarget,
  prepareOrder,
  showDryRun,
} from '../../cli/acting/order.js';
import { leftToDo, openRollColumns, openRolls } from '../../cli/acting/open-rolls.js';
import { findRoll, keptRoll } from '../../cli/acting/roll-record.js';
import { resumedOrder, runRoll } from '../../cli/acting/roll.js';
import type { CommandContext } from '../../cli/context.js';
import {
  connectionFlags,
  grouped,
  outputFlags,
  textFlag,
  type FlagsOf,
} from '../../cli/line/flags.js';
import { durationFlag, nodeCountFlag, parsing } from '../../cli/line/value-flags.js';
import { checkIdempotencyKey } from '../../job/wire-key.js';
import { checkRunResultOptions } from '../../output/run-result.js';

/** What goes with no `--resume`, which can only change how a roll acts: its record has the rest. */
const NOT_TO_RESUME = ['node', 'expect-nodes', 'yes', 'idempotency-key'];

/** Words that `--resume` takes in place of a key. */
const RESUMES: ReadonlyMap<string, string> = new Map([
  ['last', 'resumes the newest unfinished roll'],
  ['list', 'lists the unfinished rolls'],
]);

const rollFlags = {
  ...grouped('FOLLOWING', {
    timeout: durationFlag('End the roll after this long. [default: no limit]'),
  }),
  ...grouped('ROLL', {
    'max-unavailable': nodeCountFlag(
      'N|P%',
      'Nodes to act on at once: 2, or 25%. [default: 1]',
      rollRequest.entries.maxUnavailable,
    ),
    pause: durationFlag('Wait this long after each node, before its gate.'),
    gate: textFlag('CMD', 'Run after each node; halt unless it exits with 0.'),
    'gate-timeout': durationFlag('Fail a gate that takes longer than this. [default: 5m]'),
    'node-timeout': durationFlag('Give up on a node after this long. [default: 10m]'),
    resume: textFlag('KEY|last|list', 'Resume a roll, or the `last` one, or `list` them.', {
      parse: parsing(checkIdempotencyKey),
      exclusive: NOT_TO_RESUME,
    }),
  }),
};

const allFlags = { ...actingFlags, ...rollFlags };
type RollFlags = FlagsOf<typeof allFlags>;

/** What says where it acts, and agrees to it; and what a record may have instead. */
const OF_THIS_ROLL = [
  ...Object.keys(connectionFlags),
  ...Object.keys(outputFlags),
  ...['resume', 'confirm', 'gate', 'timeout', 'dry-run'],
  ...NOT_TO_RESUME,
];

/** How a roll goes, by its flags. `--gate` is a command, and not the function of a request. */
const howOf = (flags: RollFlags) => ({
  ...sharedFields(flags),
  maxUnavailable: flags['max-unavailable'],
  pauseMs: flags.pause,
  gateTimeoutMs: flags['gate-timeout'],
  nodeTimeoutMs: flags['node-timeout'],
});

export default class ActivitiesRoll extends ActingCommand {
  static override summary = 'Act on one node at a time, and stop if one does not complete.';
  static override description =
    'The next node follows once the one before has completed and passed its --gate, which gets $LDCTL_NODE_ID. Ctrl-C lets running ' +
    'nodes finish; a second leaves them. At a terminal it asks for what you leave out: RUNTIME, ACTION and nodes.';
  static override examples = [
    'ldctl activities roll iggy restart --yes --pause 10s --gate ./healthy.sh',
    'ldctl activities roll --resume last',
  ];
  static override args = actingArgs;
  static override flags = allFlags;

  protected override async execute() {
    const { args, flags } = await this.parse(ActivitiesRoll);
    const context = await this.open(flags);
    if (flags.resume === 'list') return this.#list(context);
    checkRunResultOptions(this.host.output);
    const typed = { name: 'roll', args, flags, argv: this.argv } as const;
    const order =
      flags.resume === undefined
        ? await this.#prepared(context, typed, flags)
        : await this.#resumed(context, typed, flags, flags.resume);
    if (flags['dry-run']) return showDryRun(context, order, leftOf(context, order, flags));
    const agreed = await agree(context, typed, order);
    return runRoll(context, typed, agreed, OF_THIS_ROLL);
  }

  #list(context: CommandContext) {
    const columns = openRollColumns(this.host.clock.now());
    return this.list(() => openRolls(context), {
      noun: 'rolls to resume on this machine',
      columns,
    });
  }

  async #prepared(context: CommandContext, typed: Typed, flags: RollFlags) {
    const { gate = null, 'idempotency-key': key } = flags;
    const meaning = key && RESUMES.get(key);
    if (meaning) {
      throw new UsageError(
        `--idempotency-key ${key}: give another key, since --resume ${key} ${meaning}`,
      );
    }
    this.#checkGate(flags, gate);
    const how: HowOfRoll = { is: 'roll', gate, ...check(rollHow, 'roll', howOf(flags)) };
    const draft = await draftOf(context, this.askerOf(typed.args), typed, () => how);
    return prepareOrder(
      context,
      typed,
      draft,
      (deployment, kept) => keptRoll(context, deployment, kept)?.nodes ?? null,
    );
  }

  /** As its record has it, with what these flags change. */
  async #resumed(context: CommandContext, typed: Typed, flags: RollFlags, resume: string) {
    if (typed.args.runtime !== '') {
      throw new UsageError('--resume takes no RUNTIME or ACTION: the roll has its own');
    }
    const deployment = await openTarget(context, flags);
    const { key, roll } = findRoll(context, deployment, resume);
    const { gate = roll.gate } = flags;
    this.#checkGate(flags, gate);
    return resumedOrder(context, typed, deployment, key, { ...roll, gate }, howOf(flags));
  }

  /** @throws UsageError; as `checkGateProgram` does, unless something else than a shell runs gates */
  #checkGate(flags: RollFlags, command: string | null) {
    if (command !== null) {
      if (!this.host.runGate) checkGateProgram(command, this.host);
    } else if (flags['gate-timeout'] !== undefined) {
      throw new UsageError('--gate-timeout needs --gate');
    }
  }
}

/** What is left to do of a roll that is resumed, and nothing of another. */
function leftOf(context: CommandContext, order: Order<HowOfRoll>, { resume }: RollFlags) {
  const { gate, idempotencyKey } = order.how;
  if (resume === undefined || idempotencyKey === undefined) return undefined;
  const roll = { ...order, gate, idempotencyKey, nodes: nodesIn(order) };
  return leftToDo(context, roll, order.deployment.deploymentId);
}
