import { BaseCommand } from '../../cli/base-command.js';
import { NO_INTERRUPTS, type Interrupts } from '../../cli/signals.js';
import { explainPort, readSandboxFlags, sandboxFlags } from '../../cli/sandbox/flags.js';
import { UsageError } from '../../base/errors.js';
import { nodeIds, runInside, sandboxVariables, serveSandbox } from '../../sandbox/index.js';

export default class SandboxExec extends BaseCommand {
  static override summary = 'Run a command against a local LaserData in miniature, and end as it ends.';
  static override description =
    'CMD finds LD_API_KEY, LD_TENANT_ID, LD_DEPLOYMENT_ID and the rest set for the sandbox, an empty config folder, ' +
    "and this very ldctl first on its PATH. Your own profiles are not touched. The exit code is CMD's.";
  static override usage = 'sandbox exec [FLAGS] -- CMD…';
  static override examples = [
    '<%= config.bin %> <%= command.id %> -- ldctl activities trigger iggy restart --yes',
    "<%= config.bin %> <%= command.id %> --reject 2 -- bash -c 'ldctl activities trigger iggy restart --yes; echo $?'",
  ];
  // So that `exec CMD` without the dashes arrives here, and is told about them.
  static override strict = false;
  static override flags = sandboxFlags;

  protected override async execute(): Promise<number> {
    // What comes after `--` is the command's own, flags and all.
    const dashes = this.argv.includes('--') ? this.argv.indexOf('--') : this.argv.length;
    const [program, ...args] = this.argv.slice(dashes + 1);
    const { flags, argv: misplaced } = await this.parse(SandboxExec, this.argv.slice(0, dashes));
    if (program === undefined || misplaced.length > 0) {
      throw new UsageError(program === undefined ? 'no command to run' : `unexpected ${String(misplaced[0])}`, {
        hint: 'The command goes after two dashes: ldctl sandbox exec -- CMD…',
      });
    }
    const server = await serveSandbox(readSandboxFlags(flags, nodeIds)).catch(explainPort);
    try {
      const ended = await runInside({
        command: [program, ...args],
        platform: this.host.platform,
        inherited: this.host.env,
        variables: sandboxVariables(server),
        self: this.host.program.command,
      });
      if (ended.notStarted !== undefined) this.host.output.stderr.write(`${program}: ${ended.notStarted}\n`);
      return ended.exitCode;
    } finally {
      await server.stop();
    }
  }

  /** The terminal sends its signals to CMD as well, and CMD decides what becomes of them. */
  protected override interrupts(): Interrupts {
    return NO_INTERRUPTS;
  }
}
