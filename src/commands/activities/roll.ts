import * as v from 'valibot';
import { refusedError, UsageError, usageError } from '../../base/errors.js';
import { formatDuration } from '../../base/durations.js';
import { parseId, sortedUnique, type Id } from '../../base/ids.js';
import { count, shellWord } from '../../base/text.js';
import {
  ACTION,
  ActingCommand,
  actingFlags,
  lookBefore,
  requestOf,
  RUNTIME,
  sharedFields,
  showDryRun,
} from '../../cli/acting.js';
import { agree, consentFor, type Before } from '../../cli/consent.js';
import type { CommandContext } from '../../cli/context.js';
import { grouped, optionalArg, optionalSwitch, textFlag, type FlagsOf } from '../../cli/flags.js';
import { runGate } from '../../cli/gate.js';
import type { Whom } from '../../cli/whom.js';
import { openRollJournal, type RollRecord } from '../../config/journal.js';
import { deploymentText } from '../../config/structure.js';
import { checkIdempotencyKey } from '../../job/wire-key.js';
import { roll, type Tools } from '../../app/jobs.js';
import type { OpenDeployment } from '../../app/open.js';
import {
  check,
  rollRequest,
  type CheckedRoll,
  type CheckedTrigger,
  type RollRequest,
} from '../../app/requests.js';
import { nodesOfRoll } from '../../app/roll-nodes.js';
import { durationFlag, nodeCountFlag, parsing } from '../../cli/value-flags.js';
import { openForJob, showJob } from '../../cli/following.js';

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
    'continue-on-error': optionalSwitch('Continue if a node does not complete.'),
    resume: textFlag('KEY|last', 'Resume a roll. `last`: the newest unfinished one.', {
      parse: parsing(checkIdempotencyKey),
      exclusive: NOT_TO_RESUME,
    }),
  }),
};

/** A roll as the journal keeps it: ids as text, and the command of a gate. */
const storedRoll = v.strictObject({
  ...rollRequest.entries,
  nodes: v.pipe(
    v.array(v.string()),
    v.transform((all) => all.map((digits) => parseId(digits))),
  ),
  gate: v.nullable(v.string()),
});

const allFlags = { ...actingFlags, ...rollFlags };
type RollFlags = FlagsOf<typeof allFlags>;

/** How a roll goes, by its flags. `--gate` is a command, and not the function of a request. */
const howOf = (flags: RollFlags) =>
  ({
    ...sharedFields(flags),
    maxUnavailable: flags['max-unavailable'],
    pauseMs: flags.pause,
    gateTimeoutMs: flags['gate-timeout'],
    gateFirst: flags['gate-first'],
    nodeTimeoutMs: flags['node-timeout'],
    continueOnError: flags['continue-on-error'],
  }) satisfies Partial<RollRequest>;

export default class ActivitiesRoll extends ActingCommand {
  static override summary = 'Act on one node at a time, and stop if one does not complete.';
  static override description =
    'A node starts when the one before has completed and passed its --gate, which gets $LDCTL_NODE_ID. Ctrl-C lets running ' +
    'nodes finish; a second leaves them.';
  static override examples = [
    'ldctl activities roll iggy restart --yes --pause 10s --gate ./healthy.sh',
    'ldctl activities roll --resume last',
  ];
  static override args = { runtime: optionalArg(RUNTIME), action: optionalArg(ACTION) };
  static override flags = allFlags;

  protected override async execute() {
    const { args, flags } = await this.parse(ActivitiesRoll);
    const context = await this.open(flags);
    if (flags.resume !== undefined) {
      return this.#resume(context, args.runtime, flags, flags.resume);
    }
    checkGate(flags, flags.gate ?? null);
    // As a trigger has it, since its nodes may not be known yet.
    const asked = await requestOf(context, args, flags);
    const { runtime, action, nodes: named, idempotencyKey: key } = asked;
    const intent = intentOf(asked, flags['max-unavailable']);
    // If the roll has a record, the process that wrote it has looked before.
    const recall = (own: OpenDeployment) =>
      (key !== undefined && journalOf(context, own).read(key)) || null;
    const before = await lookBefore(context, { ...asked, ...intent }, flags, recall);
    const { found } = before;
    const nodes = named ?? this.#unnamed(asked, before);
    const request = check(rollRequest, 'roll', { ...howOf(flags), runtime, action, nodes });
    const { gate = null } = flags;
    const meant = { ...intent, nodes: found ? named : nodes };
    if (flags['dry-run']) {
      const how = [`${request.maxUnavailable} at a time`, ...(gate ? [`gate: ${gate}`] : [])];
      return showDryRun(context, before, request, meant, how);
    }
    const { changes, whom } = await agree(context, before, meant, flags['if-busy']);
    return this.#run(context, before, { ...request, ...changes }, { ...flags, gate, whom });
  }

  /** Those of the log or, if that was not looked at, of the record. @throws as `nodesOfRoll` does */
  #unnamed(
    asked: CheckedTrigger,
    { own, consent, found, kept }: Before & { kept: RollRecord | null },
  ) {
    if (!found) return nodesIn(kept);
    const onEvery = ['trigger', asked.runtime, asked.action, ...own.flags];
    const command = (nodes: readonly Id[]) => {
      const words = nodes.length > 0 ? ['roll', ...withNodes(this.argv, nodes)] : onEvery;
      return ['ldctl', 'activities', ...words].map(shellWord).join(' ');
    };
    return nodesOfRoll(found, {
      ...asked,
      isAsked: consent === 'to be asked' || consent === 'no one to ask',
      now: this.host.clock.now(),
      command,
    });
  }

  /** Reads the record of the roll, and runs it again. */
  async #resume(
    context: CommandContext,
    runtime: string | undefined,
    flags: RollFlags,
    resume: string,
  ) {
    if (runtime !== undefined) {
      throw new UsageError('--resume takes no RUNTIME or ACTION: the roll has its own');
    }
    const own = await openForJob(context);
    const journal = journalOf(context, own);
    const record = resume === 'last' ? journal.unfinished()[0] : journal.read(resume);
    if (!record) {
      throw noSuchRoll(
        resume,
        deploymentText(own.ref),
        journal.unfinished(),
        this.host.clock.now(),
      );
    }
    const { gate: kept, ...rest } = rollIn(record);
    const how = Object.entries(howOf(flags)).filter(([, value]) => value !== undefined);
    // The time limit was for the process that started it.
    const request = check(rollRequest, 'roll', {
      ...rest,
      timeoutMs: 0,
      ...Object.fromEntries(how),
    });
    const gate = flags.gate ?? kept;
    checkGate(flags, gate);
    const intent = intentOf(request, request.maxUnavailable);
    const consent = await consentFor(context, own, intent, flags);
    const before = { own, consent, found: null };
    const { whom } = await agree(context, before, intent, flags['if-busy']);
    return this.#run(context, before, request, { ...flags, gate, whom });
  }

  async #run(
    context: CommandContext,
    { own, found }: Before,
    request: CheckedRoll,
    {
      gate: command,
      whom,
      confirm,
    }: Pick<RollFlags, 'confirm'> & { gate: string | null; whom: Whom },
  ) {
    // Made here, not by the job: a roll with a key of its own writes records, which `--resume`
    // needs.
    const key = request.idempotencyKey ?? this.host.newIdempotencyKey();
    const keyed = { ...request, idempotencyKey: key };
    const journal = journalOf(context, own);
    const generation = journal.start(key, { ...keyed, gate: command }, (before) => {
      if (whatOf(rollIn(before)) === whatOf(request)) return;
      throw usageError(
        'key_used',
        'this idempotency key was used for another roll; nothing was sent',
        `Use another key, or resume that roll: ldctl activities roll --resume ${key}`,
      );
    });
    const stopping = context.interrupts.inTwoStages();
    return showJob(context, own, { ...request, whom }, async (tools) => {
      try {
        // Off a terminal the roll would not continue without it.
        const words = confirm === undefined ? own.flags : [...own.flags, '--confirm', confirm];
        const lasting = { ...own, flags: words, keepsRolls: true };
        const gate = command === null ? undefined : this.#gate(command, own, request, tools);
        const end = await roll(lasting, keyed, { ...tools, stopping, gate }, found);
        if (end.result.resume === null) journal.end(key, generation, 'finished');
        return end;
      } catch (error) {
        // Nothing was sent, so there is nothing to resume.
        journal.end(key, generation, 'refused');
        throw error;
      }
    });
  }

  #gate(
    command: string,
    { deploymentId: deployment_id, key }: OpenDeployment,
    { runtime, action }: CheckedRoll,
    { emit }: Tools,
  ): Tools['gate'] {
    const { env, platform, clock, output, runGate: run = runGate } = this.host;
    const facts = { deployment_id, runtime, action };
    return (node_id, activity_id, { signal }) => {
      const onLine = (line: string) => emit({ event: 'gate_output', node_id, line });
      return run(
        command,
        { ...facts, node_id, activity_id, node_name: output.names.get(node_id) ?? null },
        { env, platform, clock, key, signal, onLine },
      );
    };
  }
}

const journalOf = ({ folder }: CommandContext, { deploymentId, clock }: OpenDeployment) =>
  openRollJournal(folder, deploymentId, clock);

const rollIn = ({ request }: RollRecord) => check(storedRoll, 'roll', request);

const nodesIn = (record: RollRecord | null) => (record ? rollIn(record).nodes : []);

/** As in `this would restart iggy, one node at a time, on every node`; or `25% at a time`. */
function intentOf(
  { runtime, action, nodes }: Pick<CheckedTrigger, 'runtime' | 'action' | 'nodes'>,
  most: CheckedRoll['maxUnavailable'] = 1,
) {
  const what = `${action} ${runtime}, ${most === 1 ? 'one node' : most} at a time,`;
  return { what, runtime, action, nodes, wait: true, isRoll: true };
}

/** The words as they were typed, with these nodes in place of a number. */
function withNodes(argv: readonly string[], nodes: readonly Id[]) {
  const words = argv.filter(
    (word, at) => !/^--expect-nodes(=|$)/.test(word) && argv[at - 1] !== '--expect-nodes',
  );
  return [...words, '--node', nodes.join()];
}

/** What a roll does to which nodes, as text. */
function whatOf({ runtime, action, nodes }: Pick<CheckedRoll, 'runtime' | 'action' | 'nodes'>) {
  return [runtime, action, ...sortedUnique(nodes)].join(' ');
}

/** @throws UsageError */
function checkGate(flags: RollFlags, command: string | null) {
  if (command !== null) return;
  for (const flag of ['gate-timeout', 'gate-first'] as const) {
    if (flags[flag] !== undefined) throw new UsageError(`--${flag} needs --gate`);
  }
}

function noSuchRoll(resume: string, place: string, unfinished: readonly RollRecord[], now: number) {
  const which =
    resume === 'last' ? 'unfinished roll' : `roll with the key ${JSON.stringify(resume)}`;
  const others = unfinished.map((record) => {
    const { runtime, action, nodes } = rollIn(record);
    const what = `${action} ${runtime}, ${count(nodes.length, 'node')}`;
    return `${record.key} (${what}, ${formatDuration(now - record.startedAt)} ago)`;
  });
  return refusedError(
    'no_such_roll',
    `there is no ${which} of ${place} on this machine`,
    others.length > 0
      ? `Unfinished rolls: ${others.join(', ')}.`
      : 'ldctl remembers a roll for a day, on the machine that started it.',
  );
}
