import { isFinal, parseAction } from '../../base/activity.js';
import { UsageError } from '../../base/errors.js';
import { parseId } from '../../base/ids.js';
import { MOST_NODES } from '../../base/supervisor.js';
import { ConnectedCommand } from '../../cli/base-command.js';
import type { CommandContext } from '../../cli/context.js';
import { grouped, optionalArg, textFlag, type FlagsOf } from '../../cli/line/flags.js';
import { cannotAskText } from '../../cli/asking/prompts.js';
import { wait } from '../../app/jobs.js';
import type { OpenDeployment } from '../../app/open.js';
import { check, waitRequest } from '../../app/requests.js';
import { foreignLog } from '../../log/foreign.js';
import { checkRunResultOptions } from '../../output/run-result.js';
import { valueFlag, wholeNumber } from '../../cli/line/value-flags.js';
import { followFlags, targetFlags } from '../../cli/acting/flags.js';
import { openForJob, showJob } from '../../cli/acting/job.js';
import { readNodes } from '../../cli/asking/named-nodes.js';
import { whatText } from '../../output/rows.js';

const waitFlags = {
  after: valueFlag('ID', 'Follow the entries after this id.', parseId),
  runtime: textFlag('RUNTIME', 'With --after: the runtime of the trigger.'),
  action: textFlag('ACTION', 'With --after: its action.'),
  ...targetFlags,
  // In place of the flag by which an action is refused.
  ...grouped('TARGET', {
    'expect-nodes': wholeNumber('Exactly N nodes must act.', { min: 1, max: MOST_NODES }),
  }),
  ...followFlags,
};

/** Only with --after: they describe the trigger. */
const TRIGGER_FLAGS = ['runtime', 'action', 'node', 'expect-nodes'] as const;

export default class ActivitiesWait extends ConnectedCommand {
  static override summary = 'Follow an earlier trigger to its end. Never sends anything.';
  static override description =
    'Give the ids of activities. If not all entries of a trigger have shown up yet, give --after with the newest id ' +
    'before the trigger, and its runtime, action and nodes; `activities trigger` prints that command. Without an id, at a ' +
    'terminal, it follows everything that is processing, and asks which if that is more than one action. Its exit codes ' +
    'are those of `activities trigger` (`ldctl help exit-codes`).';
  static override examples = [
    'ldctl activities wait 7261845022003200001 7261845022003200002',
    'ldctl activities wait --after 7261845022003200000 --runtime iggy --action restart --node 610809900976570889',
  ];
  static override usage = 'activities wait [ID...] [FLAGS]';
  static override strict = false;
  static override args = {
    id: optionalArg('ids of one or more activities'),
  };
  static override flags = waitFlags;

  protected override async execute() {
    const { argv, flags } = await this.parse(ActivitiesWait);
    checkRunResultOptions(this.host.output);
    const context = await this.open(flags);
    const named = await this.#named(context, argv.map(String), flags);
    // A variable that is not set must not pass for everything in a script.
    if (named === null && !context.prompts) {
      throw new UsageError(`no activity is named, and ${cannotAskText(this.host)}`, {
        hint: 'Give ids of activities, or --after ID with --runtime and --action. Is a variable unset?',
      });
    }
    const deployment = await openForJob(context);
    const wanted = named ?? (await chooseInProgress(deployment, context));
    // Ids that are named are at least one.
    if (wanted.ids?.length === 0) {
      context.say('nothing is processing');
      return 0;
    }
    const times = { timeoutMs: flags.timeout, appearTimeoutMs: flags['appear-timeout'] };
    const request = check(waitRequest, 'wait', { ...times, ...wanted });
    return showJob(context, deployment, null, (tools) => wait(deployment, request, tools));
  }

  /** What words and flags name; null for everything that is processing. @throws UsageError */
  async #named(
    context: CommandContext,
    words: readonly string[],
    flags: FlagsOf<typeof waitFlags>,
  ) {
    const { after, runtime, action, 'expect-nodes': expectNodes } = flags;
    if (after === undefined) {
      const stray = TRIGGER_FLAGS.find((name) => flags[name] !== undefined);
      if (stray) throw new UsageError(`--${stray} needs --after, and cannot be used with ids`);
      const ids = words.flatMap((word) => word.split(',')).map((word) => parseId(word, 'activity'));
      return ids.length === 0 ? null : { ids };
    }
    if (words.length > 0) throw new UsageError('give ids or --after, not both');
    if (runtime === undefined || action === undefined) {
      throw new UsageError('--after needs --runtime and --action', {
        hint: 'Without them, entries of others would count, too.',
      });
    }
    const nodes = await readNodes(context, flags);
    const trigger = { after, runtime, action: parseAction(action) };
    return { ...trigger, expectNodes, ...(nodes && { nodes }) };
  }
}

/** All that is processing. If that is more than one action, a person chooses. */
async function chooseInProgress(
  { log, deploymentId, tenant }: OpenDeployment,
  { signal, prompts }: CommandContext,
) {
  const { entries } = await log.forNodes({ signal });
  const problem = foreignLog(entries, deploymentId, tenant);
  if (problem) throw problem;
  const open = entries.filter((entry) => !isFinal(entry));
  const all = `all ${open.length}`;
  const choices = [all, ...new Set(open.map(whatText))].map((name) => ({ value: name, name }));
  const chosen =
    prompts && choices.length > 2 ? await prompts.choose('Wait for which?', choices) : all;
  return {
    ids: open.filter((entry) => [all, whatText(entry)].includes(chosen)).map(({ id }) => id),
  };
}
