import { fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import type { Env } from '../base/text.js';
import type { KeyringProcess, KeyringReply, KeyringRequest } from './serve-keyring.js';

/** That of the package. From its source (bin/dev.js, tests) it needs the loader that this process has. */
export function packagedProcess(): KeyringProcess {
  const { resolve } = createRequire(import.meta.url);
  if (!import.meta.url.endsWith('.ts')) return { module: resolve('#keyring-process') };
  return { module: resolve('./keyring-process.ts'), execArgv: ['--import', pathToFileURL(resolve('tsx')).href] };
}

/** @throws Error when it ends without a reply, and what `signal` was aborted with */
export async function askForked(
  forked: KeyringProcess,
  request: KeyringRequest,
  env: Env,
  signal: AbortSignal,
): Promise<KeyringReply> {
  const child = fork(forked.module, {
    execArgv: forked.execArgv ?? [],
    env,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  try {
    return await new Promise<KeyringReply>((resolve, reject) => {
      child.once('message', (reply) => resolve(reply as KeyringReply));
      child.once('error', reject);
      child.once('disconnect', () => reject(new Error('its process ended without an answer')));
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      child.send(request, (error) => error && reject(error));
    });
  } finally {
    child.kill('SIGKILL');
  }
}
