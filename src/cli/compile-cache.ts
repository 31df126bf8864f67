import { existsSync, lstatSync, mkdirSync, statSync } from 'node:fs';
import module from 'node:module';
import { dirname, join } from 'node:path';

type Enable = (folder: string) => unknown;

/** What Node 22.8 and later have. */
const { enableCompileCache } = module as typeof module & { enableCompileCache?: Enable };

/**
 * Has Node (22.8 and later) keep the compiled code of what is loaded from here on, and use what it kept. What lies
 * there is run, so it lies in a folder that nobody else can write to. Where there can be no such folder, all that is
 * lost is speed.
 */
export async function keepCompiledCode(enable: Enable | undefined = enableCompileCache): Promise<void> {
  if (!enable) return;
  try {
    // It looks for the home folder as it loads, which fails for a user that the system does not know.
    const { default: envPaths } = await import('env-paths');
    const folder = join(envPaths('ldctl', { suffix: '' }).cache, 'compile-cache');
    if (canBeOurs(folder)) enable(folder);
  } catch {
    // A read-only home, no home at all, a file in the way.
  }
}

/** Makes the folder, unless another user owns it, or what it would be made in (`sudo` may keep the HOME of that user). */
function canBeOurs(folder: string): boolean {
  // Windows keeps neither owner nor mode there; a user's folders are private by inheritance.
  const uid = process.getuid?.();
  if (uid !== undefined && statSync(nearest(folder)).uid !== uid) return false;
  make(folder);
  const stats = lstatSync(folder);
  return stats.isDirectory() && (uid === undefined || (stats.uid === uid && (stats.mode & 0o077) === 0));
}

function nearest(folder: string): string {
  return existsSync(folder) ? folder : nearest(dirname(folder));
}

/** One by one: Node's own way to make all of them never ends where the system denies that the one above is there. */
function make(folder: string): void {
  if (existsSync(folder)) return;
  make(dirname(folder));
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    // Another start may have been faster.
    if (!existsSync(folder)) throw error;
  }
}
