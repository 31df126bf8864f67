import { dirname } from 'node:path';
import type { Program } from '../cli/program.js';

/** The word by which the program is told that it is the process for the keyring. */
export const KEYRING_WORD = '__keyring';

/** Where an asset is that is no file of the package. */
export const ADDON = 'keyring.node';
export const codeOf = (name: string): string => `code/${name}`;

/**
 * A single executable, with the files of the package in it.
 * @param asset gives one by its path in the package, with slashes
 */
export function singleExecutable(asset: (name: string) => string, execPath: string): Program {
  return {
    root: dirname(execPath),
    singleExecutable: true,
    command: [execPath],
    keyringProcess: { module: KEYRING_WORD },
    read: (file) => asset(file.replaceAll('\\', '/')),
  };
}
