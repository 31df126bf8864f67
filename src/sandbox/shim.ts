import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isWindows, type Platform } from '../system/platform.js';
import { posixQuoted } from '../system/shell.js';

export interface Shim {
  /** For PATH: it has an `ldctl` in it. */
  folder: string;
  /** What the shim needs in its environment. */
  variables: Record<string, string>;
}

/**
 * Makes a folder with an `ldctl`, so that the word means this one, on a checkout that is not installed too. Windows needs
 * a batch file; Git Bash, which runs there too, takes the script. A batch file is read in the console's code page, which
 * may not have the letters of a path, so that its words are in variables.
 * @param self how this very ldctl is run, as a program and its first arguments
 */
export function makeShim(folder: string, self: readonly string[], platform: Platform): Shim {
  mkdirSync(folder, { mode: 0o700 });
  const script = `#!/bin/sh\nexec ${self.map(posixQuoted).join(' ')} "$@"\n`;
  writeFileSync(join(folder, 'ldctl'), script, { mode: 0o700 });
  if (!isWindows(platform)) return { folder, variables: {} };
  const words = self.map((word, at) => [`LDCTL_SELF_${at}`, word] as const);
  writeFileSync(join(folder, 'ldctl.cmd'), `@${words.map(([name]) => `"%${name}%"`).join(' ')} %*\r\n`, {
    mode: 0o700,
  });
  return { folder, variables: Object.fromEntries(words) };
}
