import { join } from 'node:path';
import type { Hook } from '@oclif/core/hooks';

/** Runs after every command; after `ldctl autocomplete`, adds to the scripts that it wrote. */
const hook: Hook.Postrun = async ({ Command, config }) => {
  if (Command.id !== 'autocomplete') return;
  const { addStoredValues } = await import('./completion.js');
  await addStoredValues(join(config.cacheDir, 'autocomplete', 'functions'));
};

export default hook;
