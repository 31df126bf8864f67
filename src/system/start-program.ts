import { byCmd, cmdWord, type Started } from './cmd.js';
import { findProgram } from './find-program.js';
import type { System } from './environment.js';
import { isWindows } from './platform.js';

/**
 * How a program is started with exactly these arguments. Windows starts no batch file by itself (`npm`, `az` and `gcloud`
 * are some), and Node refuses to: cmd does.
 * @throws Error with the code ENOENT on Windows where there is no such program, and EINVAL where an argument cannot be passed
 */
export function programStart(program: string, args: readonly string[], system: System): Started {
  if (!isWindows(system.platform)) return { file: program, args: [...args], options: {} };
  const path = findProgram(program, system);
  if (path === null) throw startError('ENOENT', `${program} was not found`);
  if (!/\.(cmd|bat)$/i.test(path)) return { file: path, args: [...args], options: {} };
  if (args.some((argument) => /[\r\n\0]/.test(argument)))
    throw startError('EINVAL', 'cmd takes no argument with two lines');
  return byCmd([path, ...args].map(cmdWord).join(' '), system);
}

function startError(code: string, message: string): NodeJS.ErrnoException {
  return Object.assign(new Error(message), { code, syscall: 'spawn' });
}
