import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';

const FOLDER = fileURLToPath(new URL('../', import.meta.url));

export interface SessionFile {
  /** Its path below `test/sessions`, without `.txt`: `trigger/a-lost-answer`. */
  name: string;
  path: string;
}

/** Every session, sorted by name. */
export function sessionFiles(): SessionFile[] {
  return readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.txt'))
    .map((file) => ({ name: file.replaceAll('\\', '/').slice(0, -4), path: join(FOLDER, file) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
