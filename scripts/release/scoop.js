import { archiveOf, commandOf, sumOf, TARGETS } from './targets.js';

/** What Scoop calls the processors. */
const ARCHITECTURES = { x64: '64bit', arm64: 'arm64' };

/**
 * The manifest of a release. Scoop installs it by its address, and looks there again when it updates.
 * @param project as `projectOf` gives it
 * @param sums SHA-256, in hex, by the name of the file
 */
export function scoopManifest({ version, description, license, homepage }, sums) {
  const windows = TARGETS.filter(({ name }) => name.startsWith('win32-'));
  const architecture = windows.map((target) => {
    const file = archiveOf(target);
    const url = `${homepage}/releases/download/v${version}/${file}`;
    return [
      ARCHITECTURES[target.name.slice('win32-'.length)],
      { url, hash: sumOf(sums, file), extract_dir: file.replace(/\.zip$/, '') },
    ];
  });
  return {
    version,
    description,
    homepage,
    license,
    architecture: Object.fromEntries(architecture),
    bin: commandOf(windows[0]),
  };
}
