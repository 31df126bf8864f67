const onWindows = process.platform === 'win32';

// As in the Terminal of Windows: its old console has other signs, such as > for ❯.
if (onWindows) process.env.WT_SESSION ??= 'tests';

module.exports = {
  'node-option': ['import=tsx'],
  require: ['./test/helpers/unhandled-rejections.ts'],
  timeout: 60_000,
  'forbid-only': true,
  // Tests of what a system does not have are pending there. Where all tests are meant to run, none
  // may be.
  'forbid-pending': process.platform === 'linux',
  // The others are written for POSIX shells, signals and pseudo-terminals.
  ignore: onWindows ? ['test/process/!(each-system).test.ts'] : [],
};
