import { join } from 'node:path';
import { Plugin, type Interfaces } from '@oclif/core';
import type { Program } from '../src/cli/host.js';

/**
 * The commands as the sources have them now, found by oclif in `src/commands`.
 * @param pjson what that has in it
 */
export async function sourcePlugin({ root }: Pick<Program, 'root'>, pjson: Interfaces.PJSON): Promise<Plugin> {
  // `src` as the root: beside package.json stands a manifest, which may be of an older state.
  const commands = {
    strategy: 'pattern' as const,
    target: './commands',
    // What the commands of a folder share is none.
    globPatterns: ['**/*.ts', '!**/shared.ts', '!**/*.shared.ts'],
  };
  const sources = { ...pjson, oclif: { ...pjson.oclif, commands } };
  const plugin = new Plugin({
    root: join(root, 'src'),
    pjson: sources,
    isRoot: true,
    errorOnManifestCreate: true,
    respectNoCacheDefault: true,
  });
  await plugin.load();
  return plugin;
}
