import { Help } from '@oclif/core/help';
import LdctlCommandHelp from './command-help.js';
import { HELP_TOPICS } from './help-topics.js';

/** oclif's help, and the topics that belong to no single command (`ldctl help exit-codes`). */
export default class LdctlHelp extends Help {
  protected override CommandHelpClass = LdctlCommandHelp;

  override async showHelp(argv: string[]): Promise<void> {
    const words = argv.filter((word) => word !== 'help' && !word.startsWith('-'));
    const topic = words.length === 1 && words[0] !== undefined ? HELP_TOPICS[words[0]] : undefined;
    if (topic) this.log(await topic.text());
    else await super.showHelp(argv);
  }

  protected override async showRootHelp(): Promise<void> {
    await super.showRootHelp();
    const topics = Object.entries(HELP_TOPICS).map(([name, { summary }]): [string, string] => [
      `help ${name}`,
      summary,
    ]);
    this.log(
      this.section('MORE', this.renderList(topics, { spacer: '\n', indentation: 2, stripAnsi: this.opts.stripAnsi })),
    );
    this.log('');
  }
}
