import { TARGETS } from './targets.js';

/** Where a page or a script says whose the project is: an address, an image, a tap, an action, or the variable of install.sh. */
const NAMED =
  /(\/\/github\.com\/|ghcr\.io\/|brew install |--repo |uses: |^REPOSITORY=)[\w.-]+(?=\/(?:ldctl|tap\/ldctl|homebrew-tap)\b)/gm;

/** The text as it is when the project belongs to `owner`. */
export function withOwner(text, owner) {
  return text.replaceAll(NAMED, (_all, before) => `${before}${owner}`);
}

/** install.sh as it is for a project of `owner`, with the targets that it can install. */
export function installScript(text, owner) {
  const names = TARGETS.map(({ name }) => name).filter((name) => !name.startsWith('win32-'));
  return withOwner(text, owner).replace(/^TARGETS='.*'$/m, `TARGETS='${names.join(' ')}'`);
}
