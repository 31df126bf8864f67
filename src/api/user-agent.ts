import { createRequire } from 'node:module';

/** Set where this is bundled (scripts/bundle.js). */
declare const LDCTL_VERSION: string | undefined;

/** (design, "Network") */
export const USER_AGENT = `ldctl/${typeof LDCTL_VERSION === 'string' ? LDCTL_VERSION : versionOfSources()}`;

/** By the package's own name, so that it does not matter how deep this file lies. */
function versionOfSources(): string {
  return (createRequire(import.meta.url)('ldctl/package.json') as { version: string }).version;
}
