/**
 * The process that talks to the system's keyring (see `keyring.ts`): one request, one reply, both over IPC, so that a
 * key is never in its arguments or its environment.
 */

export type KeyringRequest =
  | { do: 'get' | 'delete'; service: string; account: string }
  | { do: 'set'; service: string; account: string; key: string };

export type KeyringReply =
  /** Null when there is none, and after `set` and `delete`. */
  { key: string | null } | { failed: 'loading' | 'reaching' | 'using'; reason: string };

async function reply(request: KeyringRequest): Promise<KeyringReply> {
  let failed: 'loading' | 'reaching' | 'using' = 'loading';
  try {
    const { Entry } = await import('@napi-rs/keyring');
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

process.once('message', (request: KeyringRequest) => {
  void reply(request).then((answer) => process.send?.(answer, () => process.disconnect()));
});
