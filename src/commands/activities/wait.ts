import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { isFinal, parseAction, parseRuntime } from '../../base/activity.js';
import { UsageError } from '../../base/errors.js';
import { EXIT_CODES, type ExitCode } from '../../base/exit-codes.js';
import { parseDuration } from '../../base/durations.js';
import { parseId, sortedUnique } from '../../base/ids.js';
import { BaseCommand } from '../../cli/base-command.js';
import { CommandContext } from '../../cli/context.js';
import { connectionFlags, printOptions, wholeNumber, type FlagsOf } from '../../cli/flags.js';
import { isInteractive } from '../../cli/host.js';
import { hangupOf, type Interrupts } from '../../cli/signals.js';
import type { Target } from '../../config/target.js';
import { wait } from '../../library/jobs.js';
import type { CheckedWait } from '../../library/requests.js';
import { openLog } from '../../log/log.js';
import { checkRunResultOptions } from '../../output/run-result.js';
import { connectionOf, followFlags, parseTimeout, showJob } from './job.shared.js';
import { MOST_NODES, readNodes, targetFlags } from './nodes.shared.js';

const waitFlags = {
  after: Flags.string({ helpValue: 'ID', summary: 'Follow the entries of a trigger that came after this id.' }),
  runtime: Flags.string({ helpValue: 'RUNTIME', summary: 'With --after: the runtime of the trigger.' }),
  action: Flags.string({ helpValue: 'ACTION', summary: 'With --after: its action.' }),
  ...targetFlags,
  'expect-nodes': wholeNumber({
    min: 1,
    max: MOST_NODES,
    helpGroup: 'TARGET',
    summary: 'How many nodes there must be.',
  }),
  ...followFlags,
};
type WaitFlags = FlagsOf<typeof waitFlags>;

/** They say what was triggered, and mean nothing to ids. */
const TRIGGER_FLAGS = ['runtime', 'action', 'config', 'node', 'nodes-from', 'expect-nodes'] as const;

export default class ActivitiesWait extends BaseCommand {
  static override summary = 'Follow what was dispatched before. Never sends anything.';
  static override description =
    'Give the ids of activities; or, for a trigger whose entries were not all seen yet, the id that the log had ' +
    'reached before it (--after), with the runtime, the action and the nodes. `activities trigger` prints the exact ' +
    'command whenever there is something left to follow. At a terminal, without an id, it follows what is processing. ' +
    'Ends and exits as `activities trigger` does.';
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
    const words = argv.map(String);
    const isBare = words.length === 0 && flags.after === undefined;
    // A variable that is not set must not pass for everything in a script.
    if (isBare && !isInteractive(this.host)) {
      throw new UsageError('nothing to wait for', {
        hint: 'Give ids of activities, or --after ID with --runtime and --action. Is a variable unset?',
      });
    }
    const times = {
      timeoutMs: parseTimeout(flags.timeout ?? '10m', '--timeout'),
      appearTimeoutMs: parseDuration(flags['appear-timeout'], '--appear-timeout'),
    };
    const given = isBare ? null : await this.#parse(words, flags, interrupts.signal);
    const context = await CommandContext.connect(this.host, flags, interrupts);
    const target = await context.target();
    const what = given ?? { ids: await processing(context, target) };
    if (what.ids?.length === 0) {
      context.say('nothing is processing');
      return EXIT_CODES.done.code;
    }
    const request: CheckedWait = { ...times, ...what };
    return showJob(context, target, { doing: 'Following activities', nodes: null }, (emit) =>
      wait(connectionOf(context, target), request, { signal: context.signal }, emit),
    );
  }

  async #parse(words: readonly string[], flags: WaitFlags, signal: AbortSignal) {
    if (flags.after === undefined) {
      const stray = TRIGGER_FLAGS.find((name) => flags[name] !== undefined);
      if (stray !== undefined) throw new UsageError(`--${stray} goes with --after, not with ids`);
      return { ids: sortedUnique(words.map((word) => parseId(word, 'activity'))) };
    }
    if (words.length > 0) throw new UsageError('give ids or --after, not both');
    if (flags.runtime === undefined || flags.action === undefined) {
      throw new UsageError('--after needs --runtime and --action', {
        hint: 'They tell the entries of the trigger from those of others.',
      });
    }
    const nodes = await readNodes(this.host, flags, signal);
    if (nodes && flags['expect-nodes'] !== undefined) {
      throw new UsageError('--expect-nodes does not go with --node: the nodes that are named are the ones expected');
    }
    return {
      after: parseId(flags.after, '--after'),
      runtime: parseRuntime(flags.runtime),
      action: parseAction(flags.action, flags.config),
      ...(nodes && { nodes }),
      ...(flags['expect-nodes'] !== undefined && { expectNodes: flags['expect-nodes'] }),
    };
  }

  protected override interrupts(): Interrupts {
    return this.host.catchInterrupts(hangupOf(this.host.output));
  }
}

/** What is processing among the newest entries. @throws as `Supervisor.list` does */
async function processing(context: CommandContext, target: Target) {
  const log = openLog(context.supervisor(target), target.deployment.id, context.host.clock);
  const { entries } = await log.known({ signal: context.signal });
  return sortedUnique(entries.filter(({ status }) => !isFinal(status)).map(({ id }) => id));
}
