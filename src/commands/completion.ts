import * as Args from '@oclif/core/args';
import { BaseCommand } from '../cli/base-command.js';

/** The file of each shell, in `completions/` of the package. */
const FILES = {
  bash: 'ldctl.bash',
  zsh: 'ldctl.zsh',
  fish: 'ldctl.fish',
  powershell: 'ldctl.ps1',
};
type Shell = keyof typeof FILES;

export default class Completion extends BaseCommand {
  static override summary = 'Print the completion script for a shell.';
  static override description =
    'Completes commands, flags and their values: profiles, and the names of nodes. Sends no request.';
  static override examples = [
    { description: 'bash, in ~/.bashrc', command: 'eval "$(ldctl completion bash)"' },
    { description: 'zsh, in ~/.zshrc after compinit', command: 'source <(ldctl completion zsh)' },
    {
      description: 'fish, in ~/.config/fish/config.fish',
      command: 'ldctl completion fish | source',
    },
    {
      description: 'PowerShell, in $PROFILE',
      command: 'ldctl completion powershell | Out-String | Invoke-Expression',
    },
  ];
  static override args = {
    shell: Args.string({
      required: true,
      ignoreStdin: true,
      options: Object.keys(FILES),
      description: 'bash, zsh, fish or powershell',
    }),
  };

  protected override async execute() {
    const { args } = await this.parse(Completion);
    const { program, output } = this.host;
    const script = program.read(`completions/${FILES[args.shell as Shell]}`);
    if (output.options.format !== 'table') return this.show({ shell: args.shell, script });
    output.stdout.write(script);
    return 0;
  }
}
