import { createRequire } from 'node:module';

// By the package's own name, so that it does not matter how deep this file lies in what is published.
const { version } = createRequire(import.meta.url)('ldctl/package.json') as { version: string };

/** (design, "Network") */
export const USER_AGENT = `ldctl/${version}`;
