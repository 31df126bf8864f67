import { UsageError } from '../../base/errors.js';
import {
  ACTION,
  ActingCommand,
  actingFlags,
  openTargets,
  requestOf,
  RUNTIME,
  sharedFields,
  showDryRuns,
} from '../../cli/acting.js';
import { agree } from '../../cli/consent.js';
import type { CommandContext } from '../../cli/context.js';
import {
  askedArg,
  grouped,
  optionalSwitch,
  severalFlags,
  textFlag,
  type FlagsOf,
} from '../../cli/flags.js';
import { typedAgain } from '../../cli/host.js';
import {
  intentOf,
  preparePart,
  resumePart,
  rollOne,
  type AgreedPart,
  type How,
  type Part,
} from '../../cli/roll/part.js';
import { findRoll, type SeveralPlan } from '../../cli/roll/record.js';
import { assignNodes, flagsOfAll, nameDeployment, rollSeveral } from '../../cli/roll/several.js';
import { checkIdempotencyKey } from '../../job/wire-key.js';
import type { OpenDeployment } from '../../app/open.js';
import { rollRequest } from '../../app/requests.js';
import { durationFlag, nodeCountFlag, parsing } from '../../cli/value-flags.js';
import { checkRunResultOptions } from '../../output/run-result.js';

/** What goes with no `--resume`, which can only change how a roll acts: its record has the rest. */
const NOT_TO_RESUME = [
  'node',
  'nodes-from',
  'config',
  'expect-nodes',
  'yes',
  'dry-run',
  'idempotency-key',
];

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
    // Given neither way, `--resume` keeps what the roll had.
    'gate-first': optionalSwitch('Run the gate before the first node, too.'),
    'gate-timeout': durationFlag('Fail a gate that takes longer than this. [default: 5m]'),
    'node-timeout': durationFlag('Give up on a node after this long. [default: 10m]'),
    'pause-between': durationFlag(
      'Of several deployments: wait this long before each next one.',
      '10m',
    ),
    'continue-on-error': optionalSwitch('Continue if a node does not complete.'),
    resume: textFlag('KEY|last', 'Resume a roll. `last`: the newest unfinished one.', {
      parse: parsing(checkIdempotencyKey),
      exclusive: NOT_TO_RESUME,
    }),
  }),
};

const allFlags = { ...actingFlags, ...rollFlags };
type RollFlags = FlagsOf<typeof allFlags & typeof severalFlags>;

/** What says where a roll acts, and agrees to it: a new roll over the rest has its own. */
const OF_THIS_ROLL = [
  ...Object.keys(severalFlags),
  'tenant-id',
  'api-url',
  'resume',
  'confirm',
  ...NOT_TO_RESUME,
];

/** How a roll goes, by its flags. `--gate` is a command, and not the function of a request. */
const howOf = (flags: RollFlags): How => ({
  ...sharedFields(flags),
  maxUnavailable: flags['max-unavailable'],
  pauseMs: flags.pause,
  gateTimeoutMs: flags['gate-timeout'],
  gateFirst: flags['gate-first'],
  nodeTimeoutMs: flags['node-timeout'],
  continueOnError: flags['continue-on-error'],
});

export default class ActivitiesRoll extends ActingCommand {
  static override summary = 'Act on one node at a time, and stop if one does not complete.';
  static override description =
    'The next node, or deployment, follows once the one before has completed and passed its --gate, which gets $LDCTL_NODE_ID. Ctrl-C lets running ' +
    'nodes finish; a second leaves them. At a terminal it asks for what you leave out: RUNTIME, ACTION and nodes.';
  static override examples = [
    'ldctl activities roll iggy restart --yes --pause 10s --gate ./healthy.sh',
    'ldctl activities roll --resume last',
  ];
  static override args = { runtime: askedArg(RUNTIME), action: askedArg(ACTION) };
  static override flags = { ...allFlags, ...severalFlags };

  protected override async execute() {
    const { args, flags } = await this.parse(ActivitiesRoll);
    const context = await this.open(flags, 'several');
    const isSeveral = context.targets.length > 1;
    checkRunResultOptions(this.host.output, isSeveral);
    checkSeveral(flags, isSeveral);
    if (flags.resume !== undefined) return this.#resume(context, args.runtime, flags, flags.resume);
    const { gate = null, 'idempotency-key': key } = flags;
    if (key === 'last') {
      throw new UsageError(
        '--idempotency-key last: give another key, since --resume last resumes the newest unfinished roll',
      );
    }
    checkGate(flags, gate);
    const typed = { args, flags, argv: this.argv };
    // As a trigger has it, since its nodes may not be known yet.
    const { request, chosen } = await requestOf(context, this.asker(args), typed, 'roll');
    const how = howOf(flags);
    const intent = { ...intentOf(request, how.maxUnavailable), chosen };
    const deployments = await openTargets(context, flags, intent);
    const named = await assignNodes(context, deployments, request);
    const parts: Part[] = [];
    for (const [at, target] of context.targets.entries()) {
      const asked = { request: { ...request, nodes: named[at] }, intent, how, gate };
      const failed = nameDeployment(isSeveral ? deployments[at] : undefined);
      parts.push(await preparePart(context, target, asked, flags, this.argv).catch(failed));
    }
    if (flags['dry-run']) {
      const first = how.gateFirst ? ' (also before the first node)' : '';
      const gates = gate ? [`gate${first}: ${gate}`] : [];
      const runs = parts.map((part) => ({
        ...part,
        how: [`${part.request.maxUnavailable} at a time`, ...gates],
      }));
      return showDryRuns(context, runs);
    }
    return this.#run(context, parts, flags, request.idempotencyKey);
  }

  /** Reads the record of the roll, and runs it again. */
  async #resume(context: CommandContext, runtime: string, flags: RollFlags, resume: string) {
    if (runtime !== '') {
      throw new UsageError('--resume takes no RUNTIME or ACTION: the roll has its own');
    }
    const deployments = await openTargets(context, flags);
    const { key, several, rollOf } = findRoll(context, deployments, resume);
    const parts: Part[] = [];
    for (const target of context.targets) {
      const kept = rollOf(await target.open());
      const { gate = kept.gate } = flags;
      checkGate(flags, gate);
      parts.push(await resumePart(context, target, { ...kept, gate }, howOf(flags), flags, key));
    }
    return this.#run(context, parts, flags, key, several);
  }

  /**
   * Asks about each, before anything is sent, and runs them.
   * @param idempotencyKey one for all. It is made here, not by the job: a roll with a key of its own
   * writes records, which `--resume` needs
   * @param before how a roll went over several that is resumed
   */
  async #run(
    context: CommandContext,
    parts: readonly Part[],
    flags: RollFlags,
    idempotencyKey = this.host.newIdempotencyKey(),
    before?: SeveralPlan,
  ) {
    const agreed: AgreedPart[] = [];
    for (const part of parts) {
      const { changes, whom } = await agree(context, part, part.intent, flags['if-busy']);
      agreed.push({ ...part, whom, request: { ...part.request, ...changes, idempotencyKey } });
    }
    // Off a terminal the roll would not continue without it.
    const { confirm = [] } = flags;
    const consent = confirm.flatMap((text) => ['--confirm', text]);
    const deployments = agreed.map(({ deployment }) => deployment);
    const continuing = [...flagsOfAll(deployments), ...consent];
    const [part] = agreed;
    if (part && agreed.length === 1) return rollOne(context, part, continuing);
    return rollSeveral(context, agreed, {
      deployments: deployments.map(({ deploymentId }) => deploymentId),
      names: deployments.map(nameOf),
      flags: continuing,
      words: typedAgain(this.host, [...(before?.words ?? []), ...this.argv], OF_THIS_ROLL),
      pauseBetweenMs: flags['pause-between'] ?? before?.pauseBetweenMs ?? 0,
      timeoutMs: flags.timeout ?? 0,
      confirm,
    });
  }
}

/** What a person calls it in a list: by its profile, else by its id. */
const nameOf = ({ account, deploymentId, flags }: OpenDeployment) =>
  (!flags.includes('--deployment') && account.settings.profile?.name) || String(deploymentId);

/** @throws UsageError for what goes with one deployment alone, or with several alone */
function checkSeveral(flags: RollFlags, isSeveral: boolean) {
  if (!isSeveral && flags['pause-between'] !== undefined) {
    throw new UsageError('--pause-between goes with several deployments: -p a,b or -d a,b');
  }
  if (isSeveral && typeof flags['expect-nodes'] === 'number') {
    throw new UsageError(
      '--expect-nodes N works for one deployment; for several, give `deployment`',
    );
  }
}

/** @throws UsageError */
function checkGate(flags: RollFlags, command: string | null) {
  if (command !== null) return;
  for (const flag of ['gate-timeout', 'gate-first'] as const) {
    if (flags[flag] !== undefined) throw new UsageError(`--${flag} needs --gate`);
  }
}
