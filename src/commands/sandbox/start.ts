import { once } from 'node:events';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../cli/base-command.js';
import { printOptions } from '../../cli/flags.js';
import { explainPort, readSandboxFlags, sandboxFlags } from '../../cli/sandbox/flags.js';
import type { Interrupts } from '../../cli/signals.js';
import { EXIT_CODES, type ExitCode } from '../../base/exit-codes.js';
import { printObject } from '../../output/object.js';
import { nodeIds, sandboxVariables, serveSandbox } from '../../sandbox/index.js';
import { assignments, SHELLS, userShell } from '../../system/shell.js';

export default class SandboxStart extends BaseCommand {
  static override summary = 'Serve a local LaserData in miniature until it is stopped.';
  static override description =
    'Prints lines on stdout for your shell (`export …`) that point ldctl, and your scripts, at it; with -o json, the same as an object. ' +
    'It listens on 127.0.0.1 only, needs no account, and forgets everything when it ends. What it was asked, and what ' +
    'it carried out, is told at $LDCTL_SANDBOX_URL/sandbox/record.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> > sandbox.env & sleep 1; . ./sandbox.env',
    '<%= config.bin %> <%= command.id %> --shell powershell',
    '<%= config.bin %> <%= command.id %> --nodes 9 --stuck 4 --reject 7',
  ];
  static override flags = {
    ...sandboxFlags,
    shell: Flags.option({
      description:
        'Whose syntax the printed lines have (default: sh; on Windows, the shell that this seems to be run from).',
      options: SHELLS,
    })(),
  };

  protected override async execute({ signal }: Interrupts): Promise<ExitCode> {
    const { flags } = await this.parse(SandboxStart);
    const server = await serveSandbox(readSandboxFlags(flags, nodeIds)).catch(explainPort);
    const { stdout, stderr } = this.host.output;
    const variables = sandboxVariables(server);
    const options = printOptions(flags);
    if (options.format === 'table') stdout.write(`${assignments(variables, flags.shell ?? userShell(this.host))}\n`);
    else await printObject(this.host.output, variables, fieldsOf(variables), options);
    stderr.write(`Serving ${server.url} (seed ${server.seed}). Ctrl-C stops it.\n`);
    if (!signal.aborted) await once(signal, 'abort');
    await server.stop();
    return EXIT_CODES.done.code;
  }
}

function fieldsOf(variables: Readonly<Record<string, string>>): Array<{ name: string; value: string }> {
  return Object.entries(variables).map(([name, value]) => ({ name, value }));
}
