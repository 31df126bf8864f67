import { join } from 'node:path';
// By its path: the package exports none of its commands.
import Autocomplete from '../../../node_modules/@oclif/plugin-autocomplete/lib/commands/autocomplete/index.js';
import { addStoredValues } from '../../cli/help/completion.js';

/** That of oclif's plugin, and what is added to the scripts that it writes. */
export default class extends Autocomplete {
  override async run(): Promise<void> {
    await super.run();
    await addStoredValues(join(this.config.cacheDir, 'autocomplete', 'functions'));
  }
}
