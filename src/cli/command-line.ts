import { UsageError } from '../base/errors.js';

/** A flag that somebody hopes holds the key. */
const KEY_FLAG = /^--?(api[-_]?key|key|token|password|secret)(=|$)/i;

/**
 * The command line as oclif is to read it: the command first, with the global flags that stood before it.
 * @param argv without the program's name
 * @throws UsageError for a key in a flag, which is not repeated; for flags without a command; and for one before the
 *   command that is not global
 */
export async function readyForOclif(argv: readonly string[]): Promise<string[]> {
  refuseKeyFlag(argv);
  if (!argv[0]?.startsWith('-') || ['-h', '--help'].includes(argv[0])) return [...argv];
  // Few other command lines begin with a flag, and the definitions of flags take time to load.
  const { commandFirst } = await import('./leading-flags.js');
  return commandFirst(argv);
}

/** Other users can read the arguments of a process (design, "Profiles"). */
function refuseKeyFlag(argv: readonly string[]): void {
  const end = argv.indexOf('--');
  const own = end < 0 ? argv : argv.slice(0, end);
  const flag = own.find((word) => KEY_FLAG.test(word));
  if (flag === undefined) return;
  throw new UsageError(`${flag.replace(/=.*/s, '')}: a key is never a flag, since other users can read it there`, {
    code: 'key_in_flag',
    hint: 'Set LD_API_KEY or LD_API_KEY_FILE, or keep it in a profile: `ldctl profiles add NAME`.',
  });
}
