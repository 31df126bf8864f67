import { resolve } from 'node:path';
import { type Env } from '../base/text.js';
import { UsageError } from '../base/errors.js';
import { valueOf } from './environment.js';

/**
 * The folder that holds the profiles and the run journal: `LDCTL_CONFIG_DIR`, else the platform's own place for
 * configuration (the one conf takes for a project `ldctl` without a suffix). It need not exist.
 * @throws UsageError when the system knows no home folder for this user
 */
export async function configDir(env: Env): Promise<string> {
  const chosen = valueOf(env, 'LDCTL_CONFIG_DIR');
  if (chosen) return resolve(chosen);
  try {
    // It looks for the home folder as it loads, which fails for a user that the system does not know.
    const { default: envPaths } = await import('env-paths');
    return envPaths('ldctl', { suffix: '' }).config;
  } catch (cause) {
    throw new UsageError('no home folder to keep profiles in', {
      code: 'no_home',
      hint: 'Set HOME, or LDCTL_CONFIG_DIR to a folder of its own.',
      cause,
    });
  }
}
