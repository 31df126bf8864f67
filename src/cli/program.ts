import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Manifest, PJSON } from '@oclif/core/interfaces';
import type { KeyringProcess } from '../config/serve-keyring.js';

/** What this very program is: an installed package, or a single executable (design, "One file without Node"). */
export interface Program {
  /** The folder that it is in. */
  root: string;
  singleExecutable: boolean;
  /** How it is started again: a program and its first arguments. */
  command: readonly string[];
  /** What is started for the keyring, where that is not a file of the package. */
  keyringProcess?: KeyringProcess;
  /** Reads a file that comes with it, by its path in the package. @throws Error where there is none */
  read: (file: string) => string;
}

/** @param root the folder of package.json */
export function packageProgram(root: string): Program {
  const { execPath, execArgv, argv } = process;
  return {
    root,
    singleExecutable: false,
    command: [execPath, ...execArgv, argv[1] ?? ''],
    read: (file) => readFileSync(join(root, file), 'utf8'),
  };
}

/** What is known of each command without loading it. @throws Error where it cannot be read */
export function readManifest({ read }: Program): Manifest {
  return JSON.parse(read('oclif.manifest.json')) as Manifest;
}

export function readPackage({ read }: Program): PJSON {
  return JSON.parse(read('package.json')) as PJSON;
}
