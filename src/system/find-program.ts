import { accessSync, constants, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { pathDelimiter, variable, type System } from './environment.js';
import { isWindows } from './platform.js';

/** What Windows starts, or has cmd start; a script of another kind in PATHEXT is no program by itself. */
const STARTABLE: ReadonlySet<string> = new Set(['.com', '.exe', '.bat', '.cmd']);
const USUAL_EXTENSIONS = '.COM;.EXE;.BAT;.CMD';

/**
 * Looks for a program as a shell does: in the folders of PATH, on Windows by the extensions of PATHEXT too. Not in the
 * current folder, where Windows itself would look first: what lies there may be anybody's.
 * @param program a name, or a path
 * @returns its path, or null where there is none
 */
export function findProgram(program: string, system: System): string | null {
  const names = namesOf(program, system);
  const isPath = isWindows(system.platform) ? /[/\\:]/.test(program) : program.includes('/');
  if (isPath) return names.find(isProgram) ?? null;
  const folders = (variable(system, 'PATH') ?? '')
    .split(pathDelimiter(system.platform))
    .map(unquoted)
    .filter(isAbsolute);
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find(isProgram) ?? null;
}

/** A folder of Windows' PATH may stand in quotes. */
function unquoted(folder: string): string {
  return folder.replace(/^"(.*)"$/, '$1');
}

function namesOf(program: string, system: System): string[] {
  if (!isWindows(system.platform)) return [program];
  const extensions = (variable(system, 'PATHEXT') ?? USUAL_EXTENSIONS)
    .toLowerCase()
    .split(';')
    .filter((extension) => STARTABLE.has(extension));
  const isComplete = STARTABLE.has(/\.[^.]*$/.exec(program.toLowerCase())?.[0] ?? '');
  return [...(isComplete ? [program] : []), ...extensions.map((extension) => program + extension)];
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
