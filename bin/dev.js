#!/usr/bin/env node
// The same on plain sources: nothing needs to be built.
import { register } from 'tsx/esm/api';

register();
const { main } = await import('../src/cli/main.ts');
await main(import.meta.url, { sources: true });
