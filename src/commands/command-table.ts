import type { BaseCommand, CommandConfig } from '../cli/base-command.js';
import type { Host } from '../cli/host.js';

type CommandClass = new (argv: string[], config: CommandConfig, host: Host) => BaseCommand;

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
