import type { FlagInput } from '@oclif/core/interfaces';
import { connectionFlags, outputFlags } from '../flags.js';

/** Each global flag as it is typed, and what it means. */
export function globalFlagRows(): Array<[flag: string, meaning: string]> {
  const flags: FlagInput = { ...connectionFlags, ...outputFlags };
  return Object.entries(flags).map(([name, flag]) => {
    const values = flag.type === 'option' ? ` ${flag.options?.join('|') ?? String(flag.helpValue)}` : '';
    const char = flag.char === undefined ? '' : `-${flag.char}, `;
    const aliases = flag.aliases?.map((alias) => `--${alias}`).join(', ');
    const other = aliases === undefined ? '' : ` The same: ${aliases}.`;
    return [`${char}--${name}${values}`, `${flag.summary ?? ''}${other}`];
  });
}
