import type { Env } from '../base/text.js';
import { isWindows, type Platform } from './platform.js';

/** What starting programs depends on. */
export interface System {
  platform: Platform;
  env: Env;
}

/** A variable of the environment. On Windows, in any case: `Path` is `PATH`, also in a copy of `process.env`. */
export function variable({ platform, env }: System, name: string): string | undefined {
  if (!isWindows(platform) || env[name] !== undefined) return env[name];
  return Object.entries(env).find(([key]) => key.toUpperCase() === name.toUpperCase())?.[1];
}

/** What stands between the folders of PATH. */
export function pathDelimiter(platform: Platform): string {
  return isWindows(platform) ? ';' : ':';
}
