import type { Config } from '@oclif/core/config';
import type { BaseCommand } from '../cli/base-command.js';
import { readPackage, type Host } from '../cli/host.js';

type CommandClass = new (argv: string[], config: Config, host: Host) => BaseCommand;

type Loading = () => Promise<{ default: CommandClass }>;

/** Every command by its id, each in a file that is loaded only for it. */
export const COMMANDS: Readonly<Record<string, Loading>> = {
  'activities:list': () => import('./activities/list.js'),
  'activities:show': () => import('./activities/show.js'),
  'activities:stats': () => import('./activities/stats.js'),
  'activities:trigger': () => import('./activities/trigger.js'),
  'activities:roll': () => import('./activities/roll.js'),
  'activities:wait': () => import('./activities/wait.js'),
  completion: () => import('./completion.js'),
  'deployments:list': () => import('./deployments/list.js'),
  help: () => import('./help.js'),
  'nodes:list': () => import('./nodes/list.js'),
  'nodes:name': () => import('./nodes/name.js'),
  'profiles:add': () => import('./profiles/add.js'),
  'profiles:list': () => import('./profiles/list.js'),
  'profiles:remove': () => import('./profiles/remove.js'),
  'profiles:show': () => import('./profiles/show.js'),
  'profiles:update': () => import('./profiles/update.js'),
  'profiles:use': () => import('./profiles/use.js'),
  'sandbox:exec': () => import('./sandbox/exec.js'),
  'sandbox:start': () => import('./sandbox/start.js'),
  version: () => import('./version.js'),
  whoami: () => import('./whoami.js'),
};

/**
 * In place of oclif's own `run`, which looks for plugins, the user's shell and folders that are of
 * no use here: see docs/decisions/our-own-help-and-loader.md.
 * @returns the exit code
 */
export async function runCommand(
  load: Loading | undefined,
  { id, args }: { id: string; args: string[] },
  host: () => Host,
) {
  const [{ Config }, found] = await Promise.all([import('@oclif/core/config'), load?.()]);
  if (!found) throw new Error(`the manifest has a command ${id}, and the program has none`);
  // oclif listens to stdout from the moment it is loaded, which is over when the host is made.
  const world = host();
  const { root } = world.program;
  const pjson = readPackage(world.program);
  const config = Object.assign(new Config({ root, pjson }), {
    bin: 'ldctl',
    version: pjson.version,
    runHook: () => Promise.resolve({ successes: [], failures: [] }),
  });
  const command = new (Object.assign(found.default, { id }))(args, config, world);
  await command['_run']();
  return command.exitCode;
}
