import * as Args from '@oclif/core/args';
import { parseRollRequest } from '../../cli/activities/roll-request.js';
import { parseResume, resumeRoll } from '../../cli/activities/resume-roll.js';
import { runRoll } from '../../cli/activities/run-roll.js';
import { runTrigger } from '../../cli/activities/run-trigger.js';
import { parseTriggerRequest, triggerFlags } from '../../cli/activities/trigger-request.js';
import { BaseCommand } from '../../cli/base-command.js';
import { CommandContext } from '../../cli/context.js';
import { connectionFlags, printOptions } from '../../cli/flags.js';
import { hangupOf, type Interrupts } from '../../cli/signals.js';
import type { ExitCode } from '../../base/exit-codes.js';
import { checkRunResultOptions } from '../../output/run-result.js';

export default class ActivitiesTrigger extends BaseCommand {
  static override summary = 'Trigger an action on some or all nodes, and follow every node to its end.';
  static override description =
    'Exits 0 only when every targeted node has completed; `ldctl help exit-codes` tells the others. Naming nodes is ' +
    'consent; acting on every node asks, or takes --yes. An action is carried out at most once, whatever the network ' +
    'does: the server remembers an idempotency key for 10 minutes, and ldctl reads the log before it sends again.';
  static override examples = [
    {
      description: 'Restart one node',
      command: '<%= config.bin %> <%= command.id %> iggy restart --node 610809900976570889',
    },
    {
      description: 'Restart every node, in a script',
      command: '<%= config.bin %> <%= command.id %> iggy restart --yes -o json',
    },
    {
      description: 'In CI: a re-run of the job is the same trigger',
      command:
        '<%= config.bin %> <%= command.id %> connectors reconfigure:42 --yes --expect-nodes 9 --idempotency-key "$CI_JOB_ID"',
    },
  ];
  static override args = {
    runtime: Args.string({ required: true, ignoreStdin: true, description: 'iggy or connectors' }),
    action: Args.string({
      required: true,
      ignoreStdin: true,
      description: 'start, stop, restart, reconfigure:ID, or reconfigure with --config ID',
    }),
  };
  static override flags = { ...connectionFlags, ...triggerFlags };

  protected override async execute(interrupts: Interrupts): Promise<ExitCode> {
    const { args, flags } = await this.parse(ActivitiesTrigger);
    checkRunResultOptions(printOptions(flags));
    const resume = parseResume(args, flags);
    if (resume) return resumeRoll(await CommandContext.connect(this.host, flags, interrupts), flags, resume);
    const request = await parseTriggerRequest(this.host, args, flags, interrupts.signal);
    const rolling = parseRollRequest(this.host, flags, request);
    const context = await CommandContext.connect(this.host, flags, interrupts);
    return rolling ? runRoll(context, flags, request, rolling) : runTrigger(context, flags, request);
  }

  protected override interrupts(): Interrupts {
    return this.host.catchInterrupts(hangupOf(this.host.output));
  }
}
