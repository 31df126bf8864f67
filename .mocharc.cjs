const onWindows = process.platform === 'win32';

// As on a usual terminal, which readline, ora and inquirer tell by the process: a dumb one echoes no
// keys, and the old console of Windows has other signs, such as > for ❯.
process.env.TERM = 'xterm-256color';
if (onWindows) process.env.WT_SESSION ??= 'tests';

module.exports = {
  'node-option': ['import=tsx'],
  require: ['./test/helpers/every-process.ts'],
  timeout: 60_000,
  'forbid-only': true,
  // Tests of what a system does not have are pending there. Where all tests are meant to run, none
  // may be.
  'forbid-pending': process.platform === 'linux',
  // The others are written for POSIX shells, signals and pseudo-terminals.
  ignore: onWindows ? ['test/process/!(each-system).test.ts'] : [],
};
