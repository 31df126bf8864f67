// Prints the licences of what the binary made on this machine holds, but for Node: what is bundled, and the native code of
// the keyring, which differs from system to system: node scripts/release/notices.js
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundle, noticesOf } from '../bundle.js';

const { packages: locked } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const beside = Object.keys(locked).filter((folder) => folder !== '' && !locked[folder].dev && existsSync(folder));
const native = beside.map((folder) => ({ ...JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')), folder }));
process.stdout.write(
  noticesOf([...(await bundle({ write: false })), ...native], 'Beside Node (NODE-LICENSE), this program holds'),
);
