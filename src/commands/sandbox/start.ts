import { once } from 'node:events';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../cli/base-command.js';
import { grouped, switchFlag, type FlagsOf } from '../../cli/line/flags.js';
import { UsageError } from '../../base/errors.js';
import {
  startSandbox,
  type RunningSandbox,
  type StartSandboxOptions,
} from '../../sandbox/index.js';
import { OptionError } from '../../sandbox/options.js';
import { durationFlag, idsFlag, valueFlag, wholeNumber } from '../../cli/line/value-flags.js';
import { sentence } from '../../output/sentence.js';

const countFlag = (summary: string, max = 2 ** 32 - 1) => wholeNumber(summary, { min: 0, max });

/** Which nodes have it. */
const nodeFlag = (summary: string) =>
  idsFlag({
    helpValue: 'NODE',
    summary: `${summary} NODE is an id, or 1 for the first node. May be repeated.`,
  });

/** The unit, as in `5/s`, may be left out. */
const numberFlag = (helpValue: string, summary: string, min: number, max: number) =>
  valueFlag(helpValue, summary, (text, flag) => {
    const value = Number(text.replace(/\/s$/, ''));
    if (value >= min && value <= max) return value;
    throw new UsageError(`${flag}: ${JSON.stringify(text)} is not a number from ${min} to ${max}`);
  });

/** What can be asked of a sandbox; the same for `sandbox start` and `sandbox exec`. */
export const sandboxFlags = {
  port: countFlag('Port on 127.0.0.1. [default: any free one]', 65_535),
  nodes: wholeNumber('How many nodes the deployment has. [default: 3]', { min: 1, max: 1000 }),
  history: countFlag(
    'How many past activities its log starts with. [default: two per node, at least 5]',
    1_000_000,
  ),
  order: Flags.option({
    summary: 'Which end of the log comes first: the newest (desc) or the oldest (asc).',
    options: ['desc', 'asc'] as const,
    default: 'desc',
  })(),
  seed: countFlag('The same seed gives the same keys, durations and faults.'),
  ...grouped('TIME', {
    appear: durationFlag(
      'Delay until the entries of a trigger appear in the log. [default: 200ms]',
      '200ms',
    ),
    work: durationFlag('How long an action takes, give or take a quarter. [default: 1.5s]', '1.5s'),
  }),
  ...grouped('TROUBLE', {
    reject: nodeFlag('This node rejects every action.'),
    stuck: nodeFlag("This node's activities never end."),
    missing: nodeFlag("This node's entries never appear in the log."),
    'drop-posts': countFlag('Run the first N POSTs, and close the connection without an answer.'),
    'fail-rate': numberFlag(
      'P',
      'Probability, 0 to 1, that a request gets a 500, a 503 or no answer, whether it ran or not.',
      0,
      1,
    ),
    'rate-limit': numberFlag(
      'N/s',
      'Answer 429 to more requests per key than this, such as 5/s.',
      0.001,
      1e9,
    ),
    'ignore-idempotency': switchFlag(
      'Ignore idempotency keys, so that an action sent twice runs twice.',
    ),
  }),
};
type SandboxFlags = FlagsOf<typeof sandboxFlags>;

export const optionsOf = (flags: SandboxFlags): StartSandboxOptions => ({
  port: flags.port,
  nodes: flags.nodes,
  history: flags.history,
  order: flags.order,
  seed: flags.seed,
  appearMs: flags.appear,
  workMs: flags.work,
  reject: flags.reject,
  stuck: flags.stuck,
  missing: flags.missing,
  dropPosts: flags['drop-posts'],
  failRate: flags['fail-rate'],
  rateLimit: flags['rate-limit'],
  ignoreIdempotency: flags['ignore-idempotency'],
});

/** @throws UsageError that names the flag */
export async function sandboxOf(flags: SandboxFlags): Promise<RunningSandbox> {
  try {
    return await startSandbox(optionsOf(flags));
  } catch (error) {
    // Of nodes that do not exist: the flags have checked the rest.
    if (error instanceof OptionError) throw new UsageError(`--${error.option}: ${error.why}`);
    const { code, port } = error as NodeJS.ErrnoException & { port?: number };
    if (code !== 'EADDRINUSE' && code !== 'EACCES') throw error;
    throw new UsageError(`--port: ${port} is ${code === 'EACCES' ? 'not allowed' : 'in use'}`, {
      hint: 'Choose another one, or leave --port out to get a free one.',
    });
  }
}

export default class SandboxStart extends BaseCommand {
  static override summary =
    'Start a local LaserData sandbox, and keep it running until you stop it.';
  static override description =
    'Prints the `export` lines that point ldctl and your scripts at the sandbox. It listens on 127.0.0.1 only, needs no ' +
    'account, and forgets everything when it ends. $LDCTL_SANDBOX_URL/sandbox/record lists the POSTs that it got.';
  static override examples = [
    'ldctl sandbox start > sandbox.env & sleep 1; . ./sandbox.env',
    'ldctl sandbox start --nodes 9 --stuck 4 --reject 7',
  ];
  static override flags = sandboxFlags;

  protected override async execute() {
    const { flags } = await this.parse(SandboxStart);
    const sandbox = await sandboxOf(flags);
    const { env, apiUrl, seed } = sandbox;
    const { platform, env: own, output } = this.host;
    if (output.options.format === 'table') {
      // On Windows for PowerShell, unless it is Git Bash. The values are URLs, keys and ids: no
      // shell reads more into them.
      const set = platform === 'win32' && !own.MSYSTEM && !own.SHELL ? '$env:' : 'export ';
      const lines = Object.entries(env).map(([name, value]) => `${set}${name}='${value}'\n`);
      output.stdout.write(lines.join(''));
    } else {
      await this.show(env);
    }
    const isShown = output.stdout.isTTY && output.options.format === 'table';
    const how = isShown ? 'Paste these into another terminal; Ctrl-C here' : 'Ctrl-C';
    if (!output.options.quiet) {
      const text = `Serving ${apiUrl} (seed ${seed}). ${how} ends it.`;
      output.stderr.write(sentence(output.stderr, text));
    }
    const { signal } = this.interrupts;
    if (!signal.aborted) await once(signal, 'abort');
    await sandbox.stop();
    return 0;
  }
}
