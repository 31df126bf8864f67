import type * as Keyring from '@napi-rs/keyring';

export type KeyringRequest =
  | { do: 'get' | 'delete'; service: string; account: string }
  | { do: 'set'; service: string; account: string; key: string };

export type KeyringReply =
  /** Null when there is none, and after `set` and `delete`. */
  { key: string | null } | { failed: 'loading' | 'reaching' | 'using'; reason: string };

/** What is forked to talk to the keyring (`serveKeyring`). */
export interface KeyringProcess {
  module: string;
  execArgv?: string[];
}

/** The native library, as far as it is used. */
export type KeyringLibrary = Pick<typeof Keyring, 'Entry'>;
type Load = () => Promise<KeyringLibrary>;

async function reply(request: KeyringRequest, load: Load): Promise<KeyringReply> {
  let failed: 'loading' | 'reaching' | 'using' = 'loading';
  try {
    const { Entry } = await load();
    failed = 'reaching';
    // Else it falls back to the kernel's keyring, which forgets everything when the machine restarts.
    const entry = new Entry(request.service, request.account, { linux: { store: 'secret-service' } });
    failed = 'using';
    switch (request.do) {
      case 'get':
        return { key: entry.getPassword() };
      case 'set':
        entry.setPassword(request.key);
        return { key: null };
      case 'delete':
        entry.deleteCredential();
        return { key: null };
    }
  } catch (error) {
    return { failed, reason: error instanceof Error ? error.message : String(error) };
  }
}

/**
 * Makes this process the one that talks to the system's keyring (see `keyring.ts`): one request, one reply, both over
 * IPC, so that a key is never in its arguments or its environment.
 */
export function serveKeyring(load: Load): void {
  process.once('message', (request: KeyringRequest) => {
    void reply(request, load).then((answer) => process.send?.(answer, () => process.disconnect()));
  });
}
