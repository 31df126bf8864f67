import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { formatAction } from '../../base/activity.js';
import { parseDuration } from '../../base/durations.js';
import { LdctlError, UsageError } from '../../base/errors.js';
import type { ExitCode } from '../../base/exit-codes.js';
import type { Id } from '../../base/ids.js';
import { BaseCommand } from '../../cli/base-command.js';
import { checkConfirm, consentTo, requireConsent } from '../../cli/consent.js';
import { CommandContext } from '../../cli/context.js';
import { connectionFlags, type FlagsOf, type OutputFlags } from '../../cli/flags.js';
import { checkGate, runGate } from '../../cli/gate.js';
import { hangupOf, type Interrupts } from '../../cli/signals.js';
import { openRollJournal } from '../../config/journal.js';
import type { Target } from '../../config/target.js';
import { checkIdempotencyKey } from '../../job/wire-key.js';
import { roll, rollKey } from '../../library/jobs.js';
import { check, storedRoll, type CheckedRoll } from '../../library/requests.js';
import { nodesOfRoll } from './count.shared.js';
import { actingFlags, connectionOf, doing, parseActing, parseTimeout, showDryRun, showJob } from './job.shared.js';

const helpGroup = 'ROLL';
const rollFlags = {
  'max-unavailable': Flags.string({
    helpGroup,
    helpValue: 'N|P%',
    summary: 'How many nodes may be underway at once. [default: 1]',
  }),
  pause: Flags.string({ helpGroup, helpValue: 'D', summary: 'Wait this long after each node.' }),
  gate: Flags.string({
    helpGroup,
    helpValue: 'CMD',
    summary: 'Run this after each node; anything but 0 halts the roll.',
  }),
  'gate-timeout': Flags.string({
    helpGroup,
    helpValue: 'D',
    summary: 'End a gate that takes longer, which halts the roll. [default: 5m]',
  }),
  'node-timeout': Flags.string({
    helpGroup,
    helpValue: 'D',
    summary: 'How long each node may take; 0 for no limit. [default: 10m]',
  }),
  'continue-on-error': Flags.boolean({
    helpGroup,
    // Said in the record: one that leaves it out is not the roll that --resume reads.
    default: false,
    summary: 'Go on although a node did not complete.',
  }),
  resume: Flags.string({
    helpGroup,
    helpValue: 'KEY|last',
    summary: 'Go on with the roll of this key; `last`: the newest unfinished.',
  }),
};

/** A resumed roll is the one that was begun: these come from its record. */
const RECORDED = [
  ...['node', 'nodes-from', 'config', 'expect-nodes', 'yes', 'dry-run', 'idempotency-key', 'max-unavailable'],
  ...['pause', 'gate', 'gate-timeout', 'node-timeout', 'continue-on-error'],
] as const;

const flags = { ...connectionFlags, ...actingFlags, ...rollFlags };
type RollFlags = FlagsOf<typeof flags> & OutputFlags;

export default class ActivitiesRoll extends BaseCommand {
  static override summary = 'Act on one node after the other, and stop when one does not complete.';
  static override description =
    'Each node is followed to its end before the next begins; --gate decides after each whether the roll goes on. Ctrl-C ' +
    'starts nothing more and sees out what runs, a second one leaves it. A roll that ended early goes on with --resume.';
  static override examples = [
    {
      description: 'Restart all nodes, one at a time, and look after each',
      command: '<%= config.bin %> <%= command.id %> iggy restart --yes --pause 10s --gate ./healthy.sh',
    },
    { description: 'Go on with it', command: '<%= config.bin %> <%= command.id %> --resume last' },
  ];
  static override args = {
    runtime: Args.string({ ignoreStdin: true, description: 'iggy or connectors' }),
    action: Args.string({
      ignoreStdin: true,
      description: 'start, stop, restart, reconfigure:ID, or reconfigure with --config ID',
    }),
  };
  static override flags = flags;

  protected override async execute(interrupts: Interrupts): Promise<ExitCode> {
    const { args, flags } = await this.parse(ActivitiesRoll);
    const timeoutMs = flags.timeout === undefined ? null : parseTimeout(flags.timeout, '--timeout');
    if (flags.resume !== undefined) return this.#resume(interrupts, args, flags, timeoutMs);
    const { runtime, action } = args;
    if (runtime === undefined || action === undefined) {
      throw new UsageError(runtime === undefined ? 'missing RUNTIME and ACTION' : 'missing ACTION', {
        code: 'missing_argument',
        hint: 'For example: ldctl activities roll iggy restart --yes',
      });
    }
    const asked = await parseActing(this.host, { runtime, action }, flags, interrupts.signal);
    const how = this.#parseHow(flags);
    const given = flags['idempotency-key'];
    const idempotencyKey = given === undefined ? undefined : checkIdempotencyKey(given);
    const context = await CommandContext.connect(this.host, flags, interrupts);
    const what = `${formatAction(asked.action)} ${asked.runtime}, one node after the other,`;
    const deed = { what, nodes: asked.nodes };
    if (!flags['dry-run']) requireConsent(context, deed, flags);
    const target = await context.target();
    if (flags.confirm !== undefined) await checkConfirm(context, target, flags.confirm);
    const all = asked.nodes ?? (await nodesOfRoll(context, target, flags['expect-nodes'] ?? null));
    if (flags['dry-run']) {
      const key = idempotencyKey ?? this.host.newIdempotencyKey();
      const told = [`${how.maxUnavailable} at a time`, ...(flags.gate === undefined ? [] : [`gate: ${flags.gate}`])];
      return showDryRun(context, target, { ...asked, nodes: all, key, expectNodes: null }, { how: told });
    }
    const known = (): Promise<readonly Id[]> => Promise.resolve(all);
    const nodes = (await consentTo(context, { ...deed, target, known }, flags)) ?? all;
    return this.#run(context, target, { ...asked, ...how, nodes, timeoutMs, idempotencyKey }, flags.gate ?? null);
  }

  /** Reads the record of the roll, and runs it again. */
  async #resume(
    interrupts: Interrupts,
    args: { runtime?: string; action?: string },
    flags: RollFlags,
    timeoutMs: number | null,
  ): Promise<ExitCode> {
    const isGiven = (name: (typeof RECORDED)[number]): boolean =>
      ![undefined, false].includes(flags[name] as undefined);
    const defaults = { 'if-busy': 'ignore', 'appear-timeout': '30s' } as const;
    const isOther = (name: keyof typeof defaults): boolean => flags[name] !== defaults[name];
    const stray = RECORDED.find(isGiven) ?? (['if-busy', 'appear-timeout'] as const).find(isOther);
    if (stray !== undefined) {
      throw new UsageError(`--${stray} does not go with --resume: the roll goes on as it was begun`);
    }
    if (args.runtime !== undefined) {
      throw new UsageError('--resume needs no RUNTIME and ACTION: the roll goes on as it was begun');
    }
    const key = flags.resume === 'last' ? null : checkIdempotencyKey(flags.resume ?? '', '--resume');
    const context = await CommandContext.connect(this.host, flags, interrupts);
    const target = await context.target();
    const { id, name } = target.deployment;
    const journal = openRollJournal(context.folder, this.host.clock);
    const record = key === null ? await journal.last(id) : await journal.read(rollKey(id, key));
    if (!record) {
      const which = key === null ? 'unfinished roll' : `roll with the key ${JSON.stringify(key)}`;
      throw new LdctlError('refused', 'no_such_roll', `there is no ${which} of deployment ${name ?? id} here`, {
        hint: 'A roll is remembered for a day, on the machine that began it.',
      });
    }
    const { gate, ...request } = check(storedRoll, '--resume', record.request);
    const what = `${formatAction(request.action)} ${request.runtime}, one node after the other,`;
    const known = (): Promise<readonly Id[]> => Promise.resolve(request.nodes);
    await consentTo(context, { what, nodes: request.nodes, target, known }, flags);
    return this.#run(context, target, { ...request, timeoutMs }, gate);
  }

  #run(context: CommandContext, target: Target, request: CheckedRoll, gateCommand: string | null): Promise<ExitCode> {
    const { host, signal, interrupts } = context;
    const { env, platform, clock } = host;
    const facts = {
      deploymentId: target.deployment.id,
      runtime: request.runtime,
      action: formatAction(request.action),
    };
    const scrub = (text: string): string => (target.key.isIn(text) ? '' : text);
    const gate =
      gateCommand === null
        ? undefined
        : (
            nodeId: Id,
            activityId: Id | null,
            tools: { signal: AbortSignal; onLine: (line: string) => void | Promise<void> },
          ) => runGate(gateCommand, { ...facts, nodeId, activityId }, { env, platform, clock, scrub, ...tools });
    const control = { signal, stopping: interrupts.inTwoStages(), gateCommand, ...(gate && { gate }) };
    return showJob(context, target, { doing: doing(request), nodes: request.nodes }, (emit) =>
      roll(connectionOf(context, target), request, control, emit),
    );
  }

  #parseHow(flags: RollFlags) {
    const share = flags['max-unavailable'] ?? '1';
    if (!/^([1-9]\d{0,5}|([1-9]\d?|100)%)$/.test(share)) {
      throw new UsageError(
        `--max-unavailable: ${JSON.stringify(share)} is neither a number of nodes nor a percentage`,
        {
          code: 'invalid_max_unavailable',
          hint: 'Write how many nodes may be underway at once: 2, or 25%.',
        },
      );
    }
    if (flags.gate === undefined && flags['gate-timeout'] !== undefined) {
      throw new UsageError('--gate-timeout goes with --gate');
    }
    if (flags.gate !== undefined) checkGate(flags.gate, this.host.platform);
    return {
      maxUnavailable: share.endsWith('%') ? (share as `${number}%`) : Number(share),
      pauseMs: flags.pause === undefined ? 0 : parseDuration(flags.pause, '--pause'),
      gateTimeoutMs: parseTimeout(flags['gate-timeout'] ?? '5m', '--gate-timeout'),
      nodeTimeoutMs: parseTimeout(flags['node-timeout'] ?? '10m', '--node-timeout'),
      continueOnError: flags['continue-on-error'],
    };
  }

  protected override interrupts(): Interrupts {
    return this.host.catchInterrupts(hangupOf(this.host.output));
  }
}
