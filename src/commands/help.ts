import * as Args from '@oclif/core/args';
import { Command } from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import LdctlHelp from '../cli/help/help.js';

export default class Help extends Command {
  static override args = { command: Args.string({ description: 'Command to show help for.', required: false }) };
  static override description = 'Display help for <%= config.bin %>.';
  static override flags = {
    'nested-commands': Flags.boolean({ char: 'n', description: 'Include all nested commands in the output.' }),
  };
  // A command may be several words.
  static override strict = false;

  override async run(): Promise<void> {
    const { argv, flags } = await this.parse(Help);
    await new LdctlHelp(this.config, { all: flags['nested-commands'] }).showHelp(argv as string[]);
  }
}
