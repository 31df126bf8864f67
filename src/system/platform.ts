/** What kind of system this runs on, as Node names it. */
export type Platform = NodeJS.Platform;

/** This process's own. The only place that asks: whatever depends on it takes it as a parameter, so that a test can give another. */
export const PLATFORM: Platform = process.platform;

export function isWindows(platform: Platform): boolean {
  return platform === 'win32';
}
