import { keptRun, trigger } from '../../app/jobs.js';
import type { OpenDeployment } from '../../app/open.js';
import { consentTo } from '../../cli/consent.js';
import { grouped, neededArg, switchFlag } from '../../cli/flags.js';
import { whomOf } from '../../cli/whom.js';
import {
  ACTION,
  ActingCommand,
  actingFlags,
  lookBefore,
  requestOf,
  RUNTIME,
  sayCounts,
  showDryRun,
} from './acting.shared.js';
import { showJob } from './job.shared.js';

export default class ActivitiesTrigger extends ActingCommand {
  static override summary =
    'Trigger an action on some or all nodes, and follow every node to its end.';
  static override description =
    'Exit code 0 means that every targeted node completed the action; `ldctl help exit-codes` lists the others. Without ' +
    '--node it acts on every node, and asks first unless you give --yes. It runs at most once, whatever the network ' +
    'does.';
  static override examples = [
    'ldctl activities trigger iggy restart --node 610809900976570889',
    'ldctl activities trigger iggy restart --yes -o json',
    'ldctl activities trigger connectors reconfigure:42 --yes --expect-nodes 9 --idempotency-key "$CI_PIPELINE_ID-$CI_JOB_NAME"',
  ];
  static override args = { runtime: neededArg(RUNTIME), action: neededArg(ACTION) };
  static override flags = {
    ...actingFlags,
    ...grouped('FOLLOWING', {
      wait: switchFlag('Follow to the end. --no-wait: exit once accepted.', {
        allowNo: true,
        default: true,
      }),
    }),
  };

  protected override async execute() {
    const { args, flags } = await this.parse(ActivitiesTrigger);
    const context = await this.open(flags);
    const request = await requestOf(context, args, flags);
    const { runtime, action, nodes, wait } = request;
    const what = `${action} ${runtime}`;
    const recall = (opened: OpenDeployment) => keptRun(opened, request);
    const { own, found, isAsked } = await lookBefore(context, what, request, flags, recall);
    const meant = { runtime, nodes, found, isRoll: false };
    sayCounts(context, meant, { isAsked, isDry: flags['dry-run'], waits: wait });
    const whom = whomOf(meant, this.host.output.stderr);
    if (flags['dry-run']) {
      const leftOut = nodes ? [] : found?.listed.elsewhere;
      return showDryRun(context, own, request, found, { whom, how: null, leftOut });
    }
    // The person may choose some of the nodes.
    const consent = await consentTo(
      context,
      own,
      { what, runtime, action, nodes, found, whom },
      flags,
    );
    const agreed = { ...request, ...consent };
    const shown = whomOf({ ...meant, ...consent }, this.host.output.stderr);
    return showJob(context, own, { runtime, action, whom: shown }, (tools) =>
      trigger(own, agreed, tools, found),
    );
  }
}
