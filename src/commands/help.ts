import * as Args from '@oclif/core/args';
import { BaseCommand } from '../cli/base-command.js';
import { printHelp } from '../cli/line/help.js';

export default class Help extends BaseCommand {
  static override summary = 'Show help for a command, a group of commands, or a topic.';
  static override args = {
    command: Args.string({ description: 'what to explain; without it, an overview' }),
  };
  // A command may be several words.
  static override strict = false;

  protected override async execute() {
    const { argv } = await this.parse(Help);
    return printHelp(this.host, argv.map(String));
  }
}
