import type { Command } from '@oclif/core/command';
import type { Manifest, PJSON, Plugin } from '@oclif/core/interfaces';
import type { Program } from './program.js';

/** The command class of each id, loaded when it is asked for. */
export type CommandTable = Readonly<Record<string, () => Promise<{ default: Command.Class }>>>;

/**
 * All commands as oclif wants to have them: what is known of each from the manifest, and its class from the table. oclif
 * itself would look for both among the files of the package.
 */
export function pluginOf(table: CommandTable, program: Program, pjson: PJSON): Plugin {
  const { commands } = readManifest(program);
  const { root } = program;
  const { name, version } = pjson;
  const plugin: Plugin = {
    ...{ _base: '', alias: name, name, version, root, pjson, type: 'core', moduleType: 'commonjs', options: { root } },
    ...{ isRoot: true, valid: true, hasManifest: true, hooks: {}, commandsDir: undefined },
    topics: Object.entries(pjson.oclif.topics ?? {}).map(([topic, rest]) => ({ ...rest, name: topic })),
    commandIDs: Object.keys(commands),
    commands: Object.values(commands).map((command) => ({ ...command, load: () => load(command.id) })),
    findCommand: load,
    load: () => Promise.resolve(),
  };
  return plugin;

  async function load(id: string): Promise<Command.Class> {
    const found = await table[id]?.();
    if (!found) throw new Error(`the manifest has a command ${id}, and the program has none`);
    return Object.assign(found.default, { id, plugin });
  }
}

/** @throws Error where it cannot be read */
export function readManifest({ read }: Program): Manifest {
  return JSON.parse(read('oclif.manifest.json')) as Manifest;
}
