import { LdctlError } from '../../base/errors.js';
import { plainText } from '../../base/text.js';
import { configDir } from '../../config/config-dir.js';
import type { Config } from '../../config/profile.js';
import { ProfileStore } from '../../config/store.js';
import { SeenValues } from '../../config/seen.js';
import type { Host } from '../host.js';
import { complete } from './complete.js';
import type { Commands } from './typed-line.js';

/** In characters; a terminal shows a line of it. */
const LONGEST_ABOUT = 100;

/**
 * Answers a completion script (`ldctl __complete WORDS…`): a line for each candidate, with a tab before what it is; then
 * `:files`, `:open` or `:done` (`Completion.then`). A value that a terminal would act on is left out.
 */
export async function answerCompletion(host: Host, words: readonly string[], commands: Commands): Promise<void> {
  const folder = await configDir(host.env);
  const stored = { config: configIn(folder, host), seen: new SeenValues(folder, host.clock).read(), env: host.env };
  const { candidates, then } = complete(words, commands, stored);
  const lines = candidates
    .filter(({ value }) => plainText(value) === value)
    .map(({ value, about }) => (about === '' ? value : `${value}\t${plainText(about).slice(0, LONGEST_ABOUT)}`));
  host.output.stdout.write([...lines, `:${then}`, ''].join('\n'));
}

/** One that cannot be read has no profiles: nobody who presses Tab wants to hear of it. */
function configIn(folder: string, { clock }: Host): Config {
  try {
    return new ProfileStore(folder, clock).read();
  } catch (error) {
    if (error instanceof LdctlError) return { profiles: [] };
    throw error;
  }
}
