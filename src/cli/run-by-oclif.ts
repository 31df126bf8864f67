// It listens to stdout from the moment it is loaded, which is to be over when that is put right (host.ts).
import '@oclif/core/command';
import { Config } from '@oclif/core/config';
import { getHelpFlagAdditions, normalizeArgv } from '@oclif/core/help';
import type { Plugin } from '@oclif/core/interfaces';

/**
 * Runs one command line, or shows the help that it asks for. In place of oclif's own `run`, which looks for the help
 * class, and for the commands, in files that it finds by their names.
 * @throws what the command lets through, and for an unknown one a `CLIError`
 */
export async function runByOclif(argv: string[], plugin: Plugin): Promise<void> {
  const { root, pjson, name } = plugin;
  const config = await Config.load({ root, pjson, plugins: new Map([[name, plugin]]) });
  const [id = '', ...args] = normalizeArgv(config, argv);
  const command = config.findCommand(id);
  if (asksForHelp(argv, getHelpFlagAdditions(config))) await showHelp(argv, config);
  else if (!command && config.findTopic(id)) await showHelp([id], config);
  else await config.runCommand(id, args, command);
}

async function showHelp(argv: string[], config: Config): Promise<void> {
  const { default: Help } = await import('./help/help.js');
  await new Help(config).showHelp(argv);
}

/** Behind `--` stands what is meant for others. */
function asksForHelp(argv: readonly string[], helpFlags: readonly string[]): boolean {
  const end = argv.indexOf('--');
  const own = end < 0 ? argv : argv.slice(0, end);
  return argv.length === 0 || own.some((word) => helpFlags.includes(word));
}
