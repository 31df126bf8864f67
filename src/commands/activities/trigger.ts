import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { formatAction } from '../../base/activity.js';
import type { ExitCode } from '../../base/exit-codes.js';
import { BaseCommand } from '../../cli/base-command.js';
import { checkConfirm, consentTo, requireConsent } from '../../cli/consent.js';
import { CommandContext } from '../../cli/context.js';
import { connectionFlags } from '../../cli/flags.js';
import { hangupOf, type Interrupts } from '../../cli/signals.js';
import { checkIdempotencyKey } from '../../job/wire-key.js';
import { trigger } from '../../library/jobs.js';
import { expectedNodes, nodesOfLog, warnOfOthers } from './count.shared.js';
import { actingFlags, connectionOf, doing, parseActing, parseTimeout, showDryRun, showJob } from './job.shared.js';

export default class ActivitiesTrigger extends BaseCommand {
  static override summary = 'Trigger an action on some or all nodes, and follow every node to its end.';
  static override description =
    'Exits 0 only when every targeted node has completed; `ldctl help exit-codes` tells the others. Naming nodes is ' +
    'consent; acting on every node asks, or takes --yes. An action is carried out at most once, whatever the network does.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> iggy restart --node 610809900976570889',
    '<%= config.bin %> <%= command.id %> iggy restart --yes -o json',
    '<%= config.bin %> <%= command.id %> connectors reconfigure:42 --yes --expect-nodes 9 --idempotency-key "$CI_JOB_ID"',
  ];
  static override args = {
    runtime: Args.string({ required: true, ignoreStdin: true, description: 'iggy or connectors' }),
    action: Args.string({
      required: true,
      ignoreStdin: true,
      description: 'start, stop, restart, reconfigure:ID, or reconfigure with --config ID',
    }),
  };
  static override flags = {
    ...connectionFlags,
    ...actingFlags,
    wait: Flags.boolean({
      allowNo: true,
      default: true,
      helpGroup: 'FOLLOWING',
      summary: 'Follow to the end. --no-wait: until it is accepted.',
    }),
  };

  protected override async execute(interrupts: Interrupts): Promise<ExitCode> {
    const { args, flags } = await this.parse(ActivitiesTrigger);
    const asked = await parseActing(this.host, args, flags, interrupts.signal);
    const timeoutMs = parseTimeout(flags.timeout ?? '10m', '--timeout');
    const given = flags['idempotency-key'];
    const idempotencyKey = given === undefined ? undefined : checkIdempotencyKey(given);
    const context = await CommandContext.connect(this.host, flags, interrupts);
    const deed = { what: `${formatAction(asked.action)} ${asked.runtime}`, nodes: asked.nodes };
    if (!flags['dry-run']) requireConsent(context, deed, flags);
    const target = await context.target();
    if (flags['dry-run']) {
      if (flags.confirm !== undefined) await checkConfirm(context, target, flags.confirm);
      const expectNodes = await expectedNodes(flags['expect-nodes'] ?? null, context, target);
      const key = idempotencyKey ?? this.host.newIdempotencyKey();
      return showDryRun(context, target, { ...asked, key, expectNodes }, null);
    }
    const known = async () => {
      const all = await nodesOfLog(context, target);
      await warnOfOthers(context, target, all.length);
      return all;
    };
    const nodes = await consentTo(context, { ...deed, target, known }, flags);
    const expectNodes = nodes ? null : await expectedNodes(flags['expect-nodes'] ?? null, context, target);
    const request = {
      ...asked,
      timeoutMs,
      wait: flags.wait,
      idempotencyKey,
      nodes: nodes ?? undefined,
      expectNodes: expectNodes ?? undefined,
    };
    return showJob(context, target, { doing: doing(asked), nodes }, (emit) =>
      trigger(connectionOf(context, target), request, { signal: context.signal }, emit),
    );
  }

  protected override interrupts(): Interrupts {
    return this.host.catchInterrupts(hangupOf(this.host.output));
  }
}
