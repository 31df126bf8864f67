import { explore } from './explore.js';
import { lightenSignals } from './light-signals.js';
import { PAIRED, SETTINGS } from './settings.js';
import { storyOf } from './story.js';

/*
 * Every setting without a fault, which breaks most of what can break; then one fault in the settings
 * that are quick: seconds, for one who looks for what breaks the job many times. Ends with 1, and
 * the story, at the first that is broken.
 */

Error.stackTraceLimit = 0;
lightenSignals();
const quick = SETTINGS.filter((setting, n) => !PAIRED.includes(setting) || n % 8 === 0);
for (const [faults, settings] of [SETTINGS, quick].entries()) {
  for (const setting of settings) {
    const { broken } = await explore(setting, faults, { enough: (all) => all.size > 0 });
    for (const found of broken.values()) {
      process.stdout.write(await storyOf(setting, found));
      process.exit(1);
    }
  }
}
