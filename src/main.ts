import { runCommandLine, type CommandTable } from './cli/main.js';
import type { Program } from './cli/host.js';

export { packageProgram } from './cli/host.js';

/** Every command by its id, each in a file that is loaded only for it. */
export const COMMANDS: CommandTable = {
  'activities:list': () => import('./commands/activities/list.js'),
  'activities:show': () => import('./commands/activities/show.js'),
  'activities:stats': () => import('./commands/activities/stats.js'),
  'activities:trigger': () => import('./commands/activities/trigger.js'),
  'activities:roll': () => import('./commands/activities/roll.js'),
  'activities:wait': () => import('./commands/activities/wait.js'),
  completion: () => import('./commands/completion.js'),
  'deployments:list': () => import('./commands/deployments/list.js'),
  help: () => import('./commands/help.js'),
  'nodes:list': () => import('./commands/nodes/list.js'),
  'profiles:add': () => import('./commands/profiles/add.js'),
  'profiles:list': () => import('./commands/profiles/list.js'),
  'profiles:remove': () => import('./commands/profiles/remove.js'),
  'profiles:show': () => import('./commands/profiles/show.js'),
  'profiles:update': () => import('./commands/profiles/update.js'),
  'profiles:use': () => import('./commands/profiles/use.js'),
  'sandbox:exec': () => import('./commands/sandbox/exec.js'),
  'sandbox:start': () => import('./commands/sandbox/start.js'),
  version: () => import('./commands/version.js'),
  whoami: () => import('./commands/whoami.js'),
};

/** Runs the command line of this process. */
export async function main(program: Program): Promise<void> {
  await runCommandLine(program, COMMANDS);
}
