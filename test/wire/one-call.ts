import { client, DEPLOYMENT, QUERY, RESTART } from './wire.js';

/* A program that uses the client and does nothing to end: `node one-call.ts URL`. */

const api = client(process.argv[2] ?? '');
await api.list(DEPLOYMENT, QUERY);
await api.trigger(RESTART).catch((error: unknown) => process.stdout.write(JSON.stringify(error)));
