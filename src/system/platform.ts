import type { Env } from '../core/env.js';

/** What kind of system this runs on, as Node names it. */
export type Platform = NodeJS.Platform;

/** This process's own. The only place that asks: whatever depends on it takes it as a parameter, so that a test can give another. */
export const PLATFORM: Platform = process.platform;

export function isWindows(platform: Platform): boolean {
  return platform === 'win32';
}

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
