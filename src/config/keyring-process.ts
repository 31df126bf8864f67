/** The process that asks the system's keyring, of a package that is installed. */
import { serveKeyring } from './keyring.js';

serveKeyring(() => import('@napi-rs/keyring'));
