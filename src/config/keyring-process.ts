/** The process that talks to the system's keyring, of a package that is installed. */
import { serveKeyring } from './serve-keyring.js';

serveKeyring(() => import('@napi-rs/keyring'));
