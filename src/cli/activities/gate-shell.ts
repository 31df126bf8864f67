import { existsSync } from 'node:fs';
import { UsageError } from '../../core/errors.js';
import { byCmd, windowsProgram, type Started } from '../../system/cmd.js';
import { findProgram } from '../../system/find-program.js';
import { isWindows, type System } from '../../system/platform.js';

const POSIX_SH = '/bin/sh';

/**
 * How a gate is run: by `sh`, and on Windows where PATH has none by cmd, or by PowerShell where that is not there
 * (docs/windows.md). It is settled before there is anything to gate.
 * @throws UsageError where there is no shell, or where it would run only a part of the command
 */
export function byShell(command: string, system: System): Started {
  const onWindows = isWindows(system.platform);
  const sh = findProgram('sh', system) ?? (!onWindows && existsSync(POSIX_SH) ? POSIX_SH : null);
  if (sh !== null) return { file: sh, args: ['-c', command], options: { argv0: 'sh' } };
  if (!onWindows) throw noShell('Put the folder of sh into PATH.');
  const inCmd = byCmd(command, system);
  if (existsSync(inCmd.file)) {
    if (!/[\r\n]/.test(command)) return inCmd;
    throw new UsageError('--gate-cmd: cmd runs only the first line of it', {
      code: 'gate_of_many_lines',
      hint: 'Put it into a file, and give that.',
    });
  }
  const powerShell = findPowerShell(system);
  if (powerShell === null) throw noShell('Put the folder of sh.exe, cmd.exe or pwsh.exe into Path.');
  return { file: powerShell, args: ['-NoProfile', '-NonInteractive', '-Command', command], options: {} };
}

function findPowerShell(system: System): string | null {
  const builtIn = windowsProgram('WindowsPowerShell\\v1.0\\powershell.exe', system);
  return findProgram('pwsh', system) ?? findProgram('powershell', system) ?? (existsSync(builtIn) ? builtIn : null);
}

function noShell(hint: string): UsageError {
  return new UsageError('--gate-cmd: there is no shell to run it', { code: 'no_shell', hint });
}
