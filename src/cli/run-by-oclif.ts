// It listens to stdout from the moment it is loaded, which is to be over when that is put right (host.ts).
import '@oclif/core/command';
import { Config } from '@oclif/core/config';
import type { Plugin } from '@oclif/core/interfaces';

/** Runs a command, or shows help, in place of oclif's own `run`, which looks for both in files that it finds by their names. */
export async function runByOclif(
  asked: { id: string; args: string[] } | { help: string[] },
  plugin: Plugin,
): Promise<void> {
  const { root, pjson, name } = plugin;
  const config = await Config.load({ root, pjson, plugins: new Map([[name, plugin]]) });
  if ('help' in asked) {
    const { default: Help } = await import('./help/help.js');
    await new Help(config).showHelp([...asked.help]);
  } else {
    await config.runCommand(asked.id, asked.args, config.findCommand(asked.id));
  }
}
