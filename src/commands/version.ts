import { BaseCommand } from '../cli/base-command.js';
import { readPackage } from '../cli/host.js';

export default class Version extends BaseCommand {
  static override summary = 'Show the version of ldctl, and of what it runs on.';
  static override examples = ['ldctl version', 'ldctl version -o json'];

  protected override async execute() {
    await this.parse(Version);
    const { program, platform } = this.host;
    const document = {
      version: readPackage(program).version,
      node: process.versions.node,
      platform,
      arch: process.arch,
      single_executable: program.singleExecutable,
    };
    return this.show(document);
  }
}
