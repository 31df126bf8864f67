/** The child process that asks the keyring, in the npm package. */
import { serveKeyring } from './keyring.js';

serveKeyring(() => import('@napi-rs/keyring'));
