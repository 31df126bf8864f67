import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';

/** What npm says where it could not get a package. */
const UNREACHABLE = /\b(E[45]\d\d|E(NOTFOUND|CONN\w+|TIMEDOUT|AI_AGAIN|NETUNREACH|NOTCACHED))\b/;

/**
 * Installs packages into a folder.
 * @returns why the registry did not give them; null where it did
 * @throws AssertionError where they cannot be installed for another reason
 */
export function npmInstall(folder: string, ...packages: string[]): string | null {
  // Run by `npm run --silent`, npm would not say why it failed.
  const args = ['install', '--no-audit', '--no-fund', '--loglevel', 'error', ...packages];
  const { status, stderr } = spawnSync('npm', args, { cwd: folder, encoding: 'utf8' });
  if (status === 0) return null;
  assert.match(stderr, UNREACHABLE, 'the package cannot be installed');
  return `npm install: ${stderr.trim().replaceAll(/\s+/g, ' ')}`;
}
