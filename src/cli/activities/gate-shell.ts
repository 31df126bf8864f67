import { existsSync } from 'node:fs';
import { UsageError } from '../../base/errors.js';
import { byCmd, windowsProgram, type Started } from '../../system/cmd.js';
import { findProgram } from '../../system/find-program.js';
import type { System } from '../../system/environment.js';
import { isWindows } from '../../system/platform.js';
import { SHELLS, type Shell } from '../../system/shell.js';

const POSIX_SH = '/bin/sh';

/** A gate as a program that can be started, and which shell that is. */
export interface GateProgram {
  shell: Shell;
  program: Started;
}

/**
 * How a gate is run: by the shell that was asked for, else by `sh`; on Windows, where PATH has none, by cmd, or by
 * PowerShell where that is not there (docs/windows.md). It is settled before there is anything to gate.
 * @throws UsageError where there is no such shell, or where it would run only a part of the command
 */
export function gateProgram(command: string, system: System, wanted?: Shell): GateProgram {
  const usual: readonly Shell[] = isWindows(system.platform) ? SHELLS : ['sh'];
  for (const shell of wanted ? [wanted] : usual) {
    const program = STARTS[shell](command, system);
    if (program) return { shell, program };
  }
  const missing = wanted ?? (isWindows(system.platform) ? 'sh, cmd or powershell' : 'sh');
  throw new UsageError(`--gate-cmd: there is no ${missing} to run it`, {
    code: 'no_shell',
    hint: 'Put its folder into PATH, or name another one with --gate-shell.',
  });
}

/** Each gives null where that shell is not there. */
const STARTS: Record<Shell, (command: string, system: System) => Started | null> = {
  sh: (command, system) => {
    const sh = findProgram('sh', system) ?? (!isWindows(system.platform) && existsSync(POSIX_SH) ? POSIX_SH : null);
    return sh === null ? null : { file: sh, args: ['-c', command], options: { argv0: 'sh' } };
  },
  cmd: (command, system) => {
    const start = byCmd(command, system);
    if (!isWindows(system.platform) || !existsSync(start.file)) return null;
    if (!/[\r\n]/.test(command)) return start;
    throw new UsageError('--gate-cmd: cmd runs only the first line of it', {
      code: 'gate_of_many_lines',
      hint: 'Put it into a file, and give that.',
    });
  },
  powershell: (command, system) => {
    const builtIn = windowsProgram('WindowsPowerShell\\v1.0\\powershell.exe', system);
    const file =
      findProgram('pwsh', system) ?? findProgram('powershell', system) ?? (existsSync(builtIn) ? builtIn : null);
    return file === null ? null : { file, args: ['-NoProfile', '-NonInteractive', '-Command', command], options: {} };
  },
};
