import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { waitAfter, waitForActivities } from '../../activities/wait.js';
import { BaseCommand } from '../../cli/base-command.js';
import { configFlag, connectionFlags, followFlags, targetFlags } from '../../cli/flags.js';
import { printOptions } from '../../cli/print-options.js';
import { Session } from '../../cli/session.js';
import { showJob, titleOf } from '../../cli/activities/show-job.js';
import { parseWaitRequest } from '../../cli/activities/wait-request.js';
import type { ExitCode } from '../../core/exit-codes.js';
import { checkRunResultOptions } from '../../output/run-result.js';

export default class ActivitiesWait extends BaseCommand {
  static override summary = 'Follow what was dispatched before. Never sends anything.';
  static override description =
    'Give the ids of activities; or, for a trigger whose entries were not all seen yet, the id that the log had ' +
    'reached before it (--after), with the runtime, the action and the nodes. `activities trigger` prints the exact ' +
    'command whenever there is something left to follow. Ends and exits as `activities trigger` does.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> 7261845022003200001 7261845022003200002',
    '<%= config.bin %> <%= command.id %> --after 7261845022003200000 --runtime iggy --action restart --node 610809900976570889',
  ];
  static override strict = false;
  static override args = {
    id: Args.string({ ignoreStdin: true, description: 'ids of the activities to follow' }),
  };
  static override flags = {
    ...connectionFlags,
    after: Flags.string({ helpValue: 'ID', summary: 'Follow the entries of a trigger that came after this id.' }),
    runtime: Flags.string({ helpValue: 'RUNTIME', summary: 'With --after: the runtime of the trigger.' }),
    action: Flags.string({ helpValue: 'ACTION', summary: 'With --after: its action.' }),
    ...configFlag,
    ...targetFlags,
    ...followFlags,
  };

  protected override async execute(signal: AbortSignal): Promise<ExitCode> {
    const { argv, flags } = await this.parse(ActivitiesWait);
    checkRunResultOptions(printOptions(flags));
    const request = parseWaitRequest(argv.map(String), flags);
    const session = await Session.open(this.host, flags);
    const target = await session.target(signal);
    const tools = session.jobTools(target, signal);
    const deploymentId = target.deployment.id;
    const job =
      'ids' in request
        ? waitForActivities({ ...request, deploymentId }, tools)
        : waitAfter({ ...request, deploymentId }, tools);
    return showJob(this.host, flags, titleOf('waiting for activities', target), job);
  }
}
