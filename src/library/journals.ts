import type { Clock } from '../base/clock.js';
import { FileJournal, RollFiles } from '../config/old-journal.js';
import type { Journals } from './deployment-tools.js';

/** The run journal in a folder. @param isOfCommands whether it is the one that commands use */
export function journalsIn(folder: string, clock: Clock, { isOfCommands }: Pick<Journals, 'isOfCommands'>): Journals {
  return {
    isOfCommands,
    runs: (signal) => new FileJournal(folder, clock, signal),
    rolls: (signal) => new RollFiles(folder, clock, signal),
  };
}
