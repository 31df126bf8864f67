import { UsageError } from '../../base/errors.js';
import {
  ACTION,
  ActingCommand,
  actingFlags,
  openTarget,
  requestOf,
  RUNTIME,
  sharedFields,
  showDryRun,
} from '../../cli/acting.js';
import { agree } from '../../cli/consent.js';
import type { CommandContext } from '../../cli/context.js';
import {
  askedArg,
  connectionFlags,
  grouped,
  outputFlags,
  textFlag,
  type FlagsOf,
} from '../../cli/flags.js';
import {
  intentOf,
  preparePart,
  resumePart,
  runPart,
  type How,
  type Part,
} from '../../cli/roll/part.js';
import { checkGateProgram } from '../../cli/gate.js';
import { typedAgain, type Host } from '../../cli/host.js';
import { findRoll } from '../../cli/roll/record.js';
import { checkIdempotencyKey } from '../../job/wire-key.js';
import { rollRequest } from '../../app/requests.js';
import { durationFlag, nodeCountFlag, parsing } from '../../cli/value-flags.js';
import { checkRunResultOptions } from '../../output/run-result.js';

/** What goes with no `--resume`, which can only change how a roll acts: its record has the rest. */
const NOT_TO_RESUME = ['node', 'expect-nodes', 'yes', 'dry-run', 'idempotency-key'];

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
    resume: textFlag('KEY|last', 'Resume a roll. `last`: the newest unfinished one.', {
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
  ...['resume', 'confirm', 'gate', 'timeout'],
  ...NOT_TO_RESUME,
];

/** How a roll goes, by its flags. `--gate` is a command, and not the function of a request. */
const howOf = (flags: RollFlags): How => ({
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
  static override args = { runtime: askedArg(RUNTIME), action: askedArg(ACTION) };
  static override flags = allFlags;

  protected override async execute() {
    const { args, flags } = await this.parse(ActivitiesRoll);
    const context = await this.open(flags);
    checkRunResultOptions(this.host.output);
    if (flags.resume !== undefined) return this.#resume(context, args.runtime, flags, flags.resume);
    const { gate = null, 'idempotency-key': key } = flags;
    if (key === 'last') {
      throw new UsageError(
        '--idempotency-key last: give another key, since --resume last resumes the newest unfinished roll',
      );
    }
    checkGate(flags, gate, this.host);
    const typed = { args, flags, argv: this.argv };
    // As a trigger has it, since its nodes may not be known yet.
    const { request, chosen } = await requestOf(context, this.askerOf(args), typed, 'roll');
    const how = howOf(flags);
    const intent = { ...intentOf(request, how.maxUnavailable), chosen };
    await openTarget(context, flags, intent);
    const part = await preparePart(context, { request, intent, how, gate }, flags, this.argv);
    if (flags['dry-run']) {
      const gates = gate ? [`gate: ${gate}`] : [];
      const pace = `${part.request.maxUnavailable} at a time`;
      return showDryRun(context, { ...part, how: [pace, ...gates] });
    }
    return this.#run(context, part, flags, request.idempotencyKey);
  }

  /** Reads the record of the roll, and runs it again. */
  async #resume(context: CommandContext, runtime: string, flags: RollFlags, resume: string) {
    if (runtime !== '') {
      throw new UsageError('--resume takes no RUNTIME or ACTION: the roll has its own');
    }
    const deployment = await openTarget(context, flags);
    const { key, roll } = findRoll(context, deployment, resume);
    const { gate = roll.gate } = flags;
    checkGate(flags, gate, this.host);
    const part = await resumePart(context, { ...roll, gate }, howOf(flags), flags, key);
    return this.#run(context, part, flags, key);
  }

  /**
   * Asks about it, and runs it.
   * @param idempotencyKey it is made here, not by the job: a roll with a key of its own writes a
   * record, which `--resume` needs
   */
  async #run(
    context: CommandContext,
    part: Part,
    flags: RollFlags,
    idempotencyKey = this.host.newIdempotencyKey(),
  ) {
    const { changes, whom } = await agree(context, part, part.intent, flags['if-busy']);
    const request = { ...part.request, ...changes, idempotencyKey };
    // Off a terminal the roll would not continue without it.
    const consent = flags.confirm === undefined ? [] : ['--confirm', flags.confirm];
    const continuing = [...part.deployment.flags, ...consent];
    const how = typedAgain(this.host, this.argv, OF_THIS_ROLL);
    if (part.gate !== null) how.push('--gate', part.gate);
    return runPart(context, { ...part, whom, request }, continuing, how);
  }
}

/** @throws UsageError; as `checkGateProgram` does, unless something else than a shell runs gates */
function checkGate(flags: RollFlags, command: string | null, host: Host) {
  if (command !== null) {
    if (!host.runGate) checkGateProgram(command, host);
  } else if (flags['gate-timeout'] !== undefined) {
    throw new UsageError('--gate-timeout needs --gate');
  }
}
