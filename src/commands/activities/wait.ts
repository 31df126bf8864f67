import * as Args from '@oclif/core/args';
import { wait } from '../../activities/wait.js';
import { nothingToWaitFor } from '../../cli/activities/nothing-to-wait-for.js';
import { displayOf, showJob } from '../../cli/activities/show-job.js';
import { parseWaitRequest, waitFlags } from '../../cli/activities/wait-request.js';
import { BaseCommand } from '../../cli/base-command.js';
import { CommandContext } from '../../cli/context.js';
import { connectionFlags, printOptions } from '../../cli/flags.js';
import { hangupOf, type Interrupts } from '../../cli/signals.js';
import type { ExitCode } from '../../base/exit-codes.js';
import { readingTools } from '../../library/deployment-tools.js';
import { checkRunResultOptions } from '../../output/run-result.js';

export default class ActivitiesWait extends BaseCommand {
  static override summary = 'Follow what was dispatched before. Never sends anything.';
  static override description =
    'Give the ids of activities; or, for a trigger whose entries were not all seen yet, the id that the log had ' +
    'reached before it (--after), with the runtime, the action and the nodes. `activities trigger` prints the exact ' +
    'command whenever there is something left to follow. Without an id it lists what is processing (exit 2). Ends and ' +
    'exits as `activities trigger` does.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> 7261845022003200001 7261845022003200002',
    '<%= config.bin %> <%= command.id %> --after 7261845022003200000 --runtime iggy --action restart --node 610809900976570889',
  ];
  static override strict = false;
  static override args = {
    id: Args.string({ ignoreStdin: true, description: 'ids of the activities to follow' }),
  };
  static override flags = { ...connectionFlags, ...waitFlags };

  protected override async execute(interrupts: Interrupts): Promise<ExitCode> {
    const { argv, flags } = await this.parse(ActivitiesWait);
    checkRunResultOptions(printOptions(flags));
    if (argv.length === 0 && flags.after === undefined) throw await nothingToWaitFor(this.host, flags, interrupts);
    const request = await parseWaitRequest(this.host, argv.map(String), flags, interrupts.signal);
    const context = await CommandContext.connect(this.host, flags, interrupts);
    const target = await context.target();
    const job = wait(
      { ...request, deploymentId: target.deployment.id },
      readingTools(context.deploymentTools(target), context.signal),
    );
    return showJob(context, displayOf(context, 'Following activities', target, null), job);
  }

  protected override interrupts(): Interrupts {
    return this.host.catchInterrupts(hangupOf(this.host.output));
  }
}
