import { type Env } from '../base/text.js';
import { isWindows, type Platform } from '../system/platform.js';

const NEWER_TERMINALS = ['WT_SESSION', 'ConEmuANSI', 'TERM_PROGRAM', 'TERMINAL_EMULATOR', 'TERM'];

/**
 * Whether the locale says of itself that it knows no more than ASCII, or another character set that we do not write
 * (POSIX: the first of these that is set). Where none is set, as in most containers, nothing is known of the reader; but
 * on Windows its old console, and whoever reads by its code page, has no such signs, and the newer terminals name themselves.
 */
export function isAsciiOnly(env: Env, platform: Platform): boolean {
  const locale = [env.LC_ALL, env.LC_CTYPE, env.LANG].find((value) => value !== undefined && value !== '');
  if (locale !== undefined) return !/utf-?8/i.test(locale);
  return isWindows(platform) && !NEWER_TERMINALS.some((name) => env[name]);
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
