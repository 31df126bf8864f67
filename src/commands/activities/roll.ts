import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import * as v from 'valibot';
import { LdctlError, UsageError } from '../../base/errors.js';
import type { ExitCode } from '../../base/exit-codes.js';
import { formatDuration } from '../../base/durations.js';
import { parseId, sortedUnique, type Id } from '../../base/ids.js';
import { count, shortList } from '../../base/text.js';
import { BaseCommand } from '../../cli/base-command.js';
import { checkConfirm, consentTo, requireConsent } from '../../cli/consent.js';
import type { CommandContext } from '../../cli/context.js';
import { type FlagsOf, type OutputFlags } from '../../cli/flags.js';
import { runGate } from '../../cli/gate.js';
import { openRollJournal, type RollRecord } from '../../config/journal.js';
import { deploymentText, type Target } from '../../config/target.js';
import { checkIdempotencyKey } from '../../job/wire-key.js';
import { roll, type LookRequest, type Tools } from '../../app/jobs.js';
import type { OpenDeployment } from '../../app/open.js';
import { check, rollRequest, type CheckedRoll, type CheckedTrigger } from '../../app/requests.js';
import { nodesOfRoll, type Findings } from '../../app/survey.js';
import { connectionFlags, durationFlag, filled, parsing } from '../flags.shared.js';
import { inspect, openForJob, type JobDeployment } from './before.shared.js';
import {
  ACTION_ARG,
  actingFlags,
  openToAct,
  requestOf,
  RUNTIME_ARG,
  showDryRun,
  showJob,
} from './job.shared.js';

const helpGroup = 'ROLL';
const rollFlags = {
  timeout: durationFlag({
    helpGroup: 'FOLLOWING',
    summary: 'End the roll after this long. [default: no limit]',
  }),
  'max-unavailable': Flags.custom<number | `${number}%`>({
    helpGroup,
    helpValue: 'N|P%',
    summary: 'Nodes to act on at once: 2, or 25%. [default: 1]',
    parse: parsing((text, flag) => {
      const share = /^[1-9]\d*$/.test(text) ? Number(text) : text;
      return check(rollRequest.entries.maxUnavailable, flag, share);
    }),
  })(),
  pause: durationFlag({ helpGroup, summary: 'Wait this long after each node, before its gate.' }),
  gate: Flags.string({
    helpGroup,
    helpValue: 'CMD',
    summary: 'Run after each node; halt unless it exits with 0.',
  }),
  'gate-timeout': durationFlag({
    helpGroup,
    summary: 'Stop and fail a gate after this. [default: 5m]',
  }),
  'node-timeout': durationFlag({
    helpGroup,
    summary: 'Give up on a node after this long. [default: 10m]',
  }),
  'continue-on-error': Flags.boolean({
    helpGroup,
    summary: 'Continue if a node does not complete.',
  }),
  resume: Flags.string({
    helpGroup,
    helpValue: 'KEY|last',
    summary: 'Resume a roll. `last`: the newest unfinished one.',
    parse: (text) => Promise.resolve(checkIdempotencyKey(text, '--resume')),
  }),
};

/** A roll is what it does to which nodes. How can be changed by `--resume`; what and which, not. */
const WHAT = [
  'node',
  'nodes-from',
  'config',
  'expect-nodes',
  'yes',
  'dry-run',
  'idempotency-key',
] as const;

/** A roll as the journal keeps it: ids as text, and the command of a gate. */
const storedRoll = v.strictObject({
  ...v.omit(rollRequest, ['timeoutMs']).entries,
  nodes: v.pipe(
    v.array(v.string()),
    v.transform((all) => all.map((digits) => parseId(digits))),
  ),
  gate: v.nullable(v.string()),
});

const flags = { ...connectionFlags, ...actingFlags, ...rollFlags };
type RollFlags = FlagsOf<typeof flags> & OutputFlags;

export default class ActivitiesRoll extends BaseCommand {
  static override summary = 'Act on one node at a time, and stop if one does not complete.';
  static override description =
    'The next node starts when the previous one has completed and its --gate, which gets $LDCTL_NODE_ID, has passed. ' +
    'Ctrl-C lets running nodes finish; a second one leaves them running. --resume continues a roll that ended early.';
  static override examples = [
    'ldctl activities roll iggy restart --yes --pause 10s --gate ./healthy.sh',
    'ldctl activities roll --resume last',
  ];
  static override args = { runtime: Args.string(RUNTIME_ARG), action: Args.string(ACTION_ARG) };
  static override flags = flags;

  protected override async execute() {
    const { args, flags } = await this.parse(ActivitiesRoll);
    if (flags.resume !== undefined) return this.#resume(args.runtime, flags, flags.resume);
    const context = await this.open(flags);
    const { nodes: named, ...request } = await this.#request(context, args, flags);
    const action = { what: actionText(request), nodes: named };
    const deployment = await openToAct(context, action, flags);
    const looked = { ...request, nodes: named, expectNodes: flags['expect-nodes'] };
    const { nodes: all, found } = await this.#lookFor(context, deployment, looked, flags);
    const command = flags.gate ?? null;
    if (flags['dry-run']) {
      const gate = command === null ? [] : [`gate: ${command}`];
      const how = [`${request.maxUnavailable} at a time`, ...gate];
      return showDryRun(context, deployment, { ...request, nodes: all }, found, how);
    }
    const asked = { ...action, found, counted: all.length };
    const mayWait = flags['if-busy'] === undefined;
    const { nodes = all, waits } = await consentTo(
      context,
      deployment,
      { ...asked, mayWait },
      flags,
    );
    const ifBusy = waits ? 'wait' : request.ifBusy;
    return this.#run(context, deployment, { ...request, nodes, ifBusy }, command);
  }

  /** Which nodes are meant, and what is known of them: nothing where an earlier roll is continued. */
  async #lookFor(
    context: CommandContext,
    deployment: JobDeployment,
    request: LookRequest,
    flags: RollFlags,
  ): Promise<{ nodes: readonly Id[]; found: Findings | null }> {
    const { nodes: named, expectNodes } = request;
    const kept = named ? undefined : this.#keptNodes(context, deployment, request);
    if (kept) return { nodes: kept, found: null };
    try {
      const found = await inspect(context, deployment, request, flags);
      return { nodes: named ?? this.#listedNodes(context, found, expectNodes), found };
    } catch (error) {
      // Another process may have started this roll meanwhile.
      const nodes = this.#keptNodes(context, deployment, request);
      if (!nodes) throw error;
      return { nodes, found: null };
    }
  }

  #listedNodes(
    context: CommandContext,
    found: Findings | null,
    expected: CheckedTrigger['expectNodes'],
  ): readonly Id[] {
    if (!found) return [];
    const nodes = nodesOfRoll(found, expected);
    const { elsewhere } = found.listed;
    if (elsewhere.length > 0) {
      const which = count(elsewhere.length, 'node');
      context.warn(
        `${which} listed for other runtimes only and left out: ${shortList(elsewhere, 5)}; --node names them`,
      );
    }
    return nodes;
  }

  /** @throws UsageError */
  async #request(
    context: CommandContext,
    { runtime, action }: { runtime?: string; action?: string },
    flags: RollFlags,
  ) {
    if (runtime === undefined || action === undefined) {
      throw new UsageError(
        runtime === undefined ? 'missing RUNTIME and ACTION' : 'missing ACTION',
        {
          code: 'missing_argument',
          hint: 'For example: ldctl activities roll iggy restart --yes',
        },
      );
    }
    checkGate(flags, flags.gate ?? null);
    const { nodes, ...asked } = await requestOf(context, { runtime, action }, flags);
    const { gate: _gate, ...request } = check(v.omit(rollRequest, ['nodes']), 'roll', {
      ...asked,
      ...howOf(flags),
    });
    return { ...request, nodes };
  }

  /** The nodes of an earlier roll with the key, which this one continues; a guard was passed then. */
  #keptNodes(
    context: CommandContext,
    { deploymentId }: OpenDeployment,
    { idempotencyKey }: Pick<CheckedRoll, 'idempotencyKey'>,
  ): readonly Id[] | undefined {
    if (idempotencyKey === undefined) return undefined;
    const journal = openRollJournal(context.folder, this.host.clock);
    const record = journal.read(keyOf(deploymentId, idempotencyKey));
    return record ? check(storedRoll, 'roll', record.request).nodes : undefined;
  }

  /** Reads the record of the roll, and runs it again. */
  async #resume(runtime: string | undefined, flags: RollFlags, resume: string): Promise<ExitCode> {
    const stray = WHAT.find((name) => ![undefined, false].includes(flags[name] as undefined));
    if (stray) {
      throw new UsageError(
        `--${stray} cannot be used with --resume: the roll keeps its nodes and its action`,
      );
    }
    if (runtime !== undefined) {
      throw new UsageError('--resume takes no RUNTIME or ACTION: the roll has its own');
    }
    const context = await this.open(flags);
    const deployment = await openForJob(context);
    const { deploymentId: id, target } = deployment;
    const journal = openRollJournal(context.folder, this.host.clock);
    const unfinished = journal.unfinished(id);
    const record = resume === 'last' ? unfinished[0] : journal.read(keyOf(id, resume));
    if (!record) {
      throw noSuchRoll(
        resume,
        deploymentText(target.deployment),
        unfinished,
        this.host.clock.now(),
      );
    }
    const { gate: before, ...kept } = check(storedRoll, '--resume', record.request);
    const request = { ...kept, ...howOf(flags) };
    const gate = flags.gate ?? before;
    checkGate(flags, gate);
    const { nodes } = request;
    const action = { what: actionText(request), nodes };
    requireConsent(context, action, flags);
    await checkConfirm(deployment, flags);
    const asked = { ...action, found: null, counted: null, mayWait: false };
    await consentTo(context, deployment, asked, flags);
    const resumed = { ...request, timeoutMs: flags.timeout ?? 0 };
    return this.#run(context, deployment, resumed, gate);
  }

  async #run(
    context: CommandContext,
    deployment: JobDeployment,
    request: CheckedRoll,
    command: string | null,
  ): Promise<ExitCode> {
    const { host, interrupts } = context;
    const { deploymentId, target } = deployment;
    const idempotencyKey = request.idempotencyKey ?? host.newIdempotencyKey();
    const { timeoutMs, ...checked } = check(rollRequest, 'roll', { ...request, idempotencyKey });
    const stored = { ...checked, gate: command };
    const journal = openRollJournal(context.folder, host.clock);
    const key = keyOf(deploymentId, idempotencyKey);
    const record = { key, deploymentId, startedAt: host.clock.now(), request: stored };
    const generation = journal.start(record, (before) => {
      if (whatOf(check(storedRoll, 'roll', before.request)) !== whatOf(request)) {
        throw keyUsed(idempotencyKey);
      }
    });
    const gate = command === null ? undefined : this.#gate(command, target, request);
    const tools = { stopping: interrupts.inTwoStages(), ...(gate && { gate }) };
    const shown = { ...request, counted: request.nodes.length };
    const lasting = { ...deployment, keepsRolls: true };
    return showJob(context, lasting, shown, async (own, more) => {
      try {
        const end = await roll(own, { ...request, idempotencyKey }, { ...tools, ...more });
        if (end.result.resume === null) {
          journal.finish(key, generation, true);
        }
        return end;
      } catch (error) {
        // Nothing was sent, so there is nothing to resume.
        journal.finish(key, generation, false);
        throw error;
      }
    });
  }

  #gate(command: string, target: Target, { runtime, action }: CheckedRoll): Tools['gate'] {
    const { env, platform, clock, output } = this.host;
    const facts = { deployment_id: target.deployment.id, runtime, action };
    return (node_id, activity_id, tools) =>
      runGate(
        command,
        { ...facts, node_id, activity_id, node_name: output.names.get(node_id) ?? null },
        { env, platform, clock, key: target.key, ...tools },
      );
  }
}

function actionText({ runtime, action }: Pick<CheckedRoll, 'runtime' | 'action'>): string {
  return `${action} ${runtime}, one node at a time,`;
}

/** What a roll does to which nodes, as text. */
function whatOf({ runtime, action, nodes }: Pick<CheckedRoll, 'runtime' | 'action' | 'nodes'>) {
  return [runtime, action, ...sortedUnique(nodes)].join(' ');
}

/** How it goes about it, as far as flags say. */
function howOf(flags: RollFlags) {
  const how = {
    maxUnavailable: flags['max-unavailable'],
    pauseMs: flags.pause,
    gateTimeoutMs: flags['gate-timeout'],
    nodeTimeoutMs: flags['node-timeout'],
    continueOnError: flags['continue-on-error'] || undefined,
    ifBusy: flags['if-busy'],
    appearTimeoutMs: flags['appear-timeout'],
  };
  return Object.fromEntries(
    Object.entries(how).filter(([, value]) => value !== undefined),
  ) as Partial<CheckedRoll>;
}

/** @throws UsageError */
function checkGate(flags: RollFlags, command: string | null): void {
  if (command === null && flags['gate-timeout'] !== undefined) {
    throw new UsageError('--gate-timeout needs --gate');
  }
  if (command !== null) {
    filled(command.trim(), '--gate');
  }
}

/** The same KEY on two deployments is two rolls. */
function keyOf(deploymentId: Id, key: string): string {
  return `${deploymentId}.${key}`;
}

function keyUsed(key: string): UsageError {
  return new UsageError('this idempotency key was used for another roll; nothing was sent', {
    code: 'key_used',
    hint: `Use another key, or resume that roll: ldctl activities roll --resume ${key}`,
  });
}

function noSuchRoll(
  resume: string,
  place: string,
  unfinished: readonly RollRecord[],
  now: number,
): LdctlError {
  const which =
    resume === 'last' ? 'unfinished roll' : `roll with the key ${JSON.stringify(resume)}`;
  const others = unfinished.map(({ key, deploymentId, startedAt, request }) => {
    const { runtime, action, nodes } = check(storedRoll, '--resume', request);
    const what = `${action} ${runtime}, ${count(nodes.length, 'node')}`;
    return `${key.slice(keyOf(deploymentId, '').length)} (${what}, ${formatDuration(now - startedAt)} ago)`;
  });
  return new LdctlError('refused', 'no_such_roll', `there is no ${which} of ${place} here`, {
    hint:
      others.length > 0
        ? `Unfinished rolls: ${others.join(', ')}.`
        : 'ldctl remembers a roll for a day, on the machine that started it.',
  });
}
