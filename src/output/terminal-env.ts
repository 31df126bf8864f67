import { type Env } from '../core/env.js';

/**
 * Whether the locale says of itself that it knows no more than ASCII, or another character set that we do not write
 * (POSIX: the first of these that is set). Where none is set, as in most containers, nothing is known of the reader.
 */
export function isAsciiOnly({ LC_ALL, LC_CTYPE, LANG }: Env): boolean {
  const locale = [LC_ALL, LC_CTYPE, LANG].find((value) => value !== undefined && value !== '');
  return locale !== undefined && !/utf-?8/i.test(locale);
}

/**
 * Whether the terminal is known to show progress in its tab or task bar (OSC 9;4). Others may take the sequence for a
 * notification. A multiplexer in between hands the variables on, but not the sequence.
 */
export function takesTabProgress({ TMUX, STY, WT_SESSION, ConEmuANSI, TERM_PROGRAM, TERM_FEATURES }: Env): boolean {
  if (TMUX || STY) return false;
  if (WT_SESSION || ConEmuANSI === 'ON') return true;
  if (TERM_PROGRAM === 'iTerm.app') return TERM_FEATURES?.includes('P') === true;
  return TERM_PROGRAM === 'ghostty' || TERM_PROGRAM === 'WezTerm';
}
