import { readFileSync } from 'node:fs';
import { TARGETS } from '../targets.js';

export { TARGETS };

const isWindows = ({ name }) => name.startsWith('win32-');

/** The names of a target's files, which have no version: `releases/latest/download/NAME` always leads to the newest. */
export const binaryOf = (target) => `ldctl-${target.name}${isWindows(target) ? '.exe' : ''}`;
export const noticesFileOf = (target) => `ldctl-${target.name}.notices`;
export const archiveOf = (target) => `ldctl-${target.name}.${isWindows(target) ? 'zip' : 'tar.xz'}`;
export const packageOf = (target) => `ldctl-${target.name}.deb`;

/** The program in an archive or a package. */
export const commandOf = (target) => (isWindows(target) ? 'ldctl.exe' : 'ldctl');

/**
 * What package.json says of the project. Whose repository it is stands there and nowhere else: all that names it is
 * generated from it (`withOwner`), or made with it.
 * @throws Error when it is no repository of GitHub with the name `ldctl`
 */
export function projectOf({ version, description, license, repository }) {
  const [, owner] = /^git\+https:\/\/github\.com\/([\w.-]+)\/ldctl\.git$/.exec(repository.url) ?? [];
  if (!owner)
    throw new Error(
      `package.json: repository.url is ${repository.url}, and not git+https://github.com/OWNER/ldctl.git`,
    );
  return { version, description, license, owner, homepage: `https://github.com/${owner}/ldctl` };
}

/** @returns the project of the folder that this runs in */
export const project = () => projectOf(JSON.parse(readFileSync('package.json', 'utf8')));

/**
 * @param sums SHA-256, in hex, by the name of the file
 * @throws Error when the release has no such file
 */
export function sumOf(sums, file) {
  const sum = sums.get(file);
  if (!sum) throw new Error(`there is no sum of ${file}`);
  return sum;
}
