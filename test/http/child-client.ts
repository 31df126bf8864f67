import { inspect } from 'node:util';
import { SupervisorApi, TransportError } from '../../src/api/index.js';
import { type ChildCall, type ChildResult } from './child.js';
import { DEPLOYMENT, KEY, QUERY, RESTART } from './wire.js';

/* The program of `ChildClient`. It holds no handle of its own, so it ends when the parent lets go of it. */

const NO_SETTINGS = {
  HTTPS_PROXY: '',
  https_proxy: '',
  NO_PROXY: '',
  no_proxy: '',
  NODE_TLS_REJECT_UNAUTHORIZED: '1',
};

async function run({ url, env, call, requestTimeoutMs }: ChildCall): Promise<ChildResult> {
  Object.assign(process.env, NO_SETTINGS, env);
  try {
    const api = new SupervisorApi({ url, apiKey: KEY, requestTimeoutMs });
    if (call === 'trigger') return { value: await api.trigger(RESTART) };
    return { value: await api.list(DEPLOYMENT, QUERY, { tries: 'one' }) };
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    const { name, code, sent, transient, message, hint } = error;
    const text = inspect(error, { depth: Infinity, showHidden: true });
    return { failure: { name, code, sent, transient, message, hint, text } };
  }
}

process.on('message', (call: ChildCall) => {
  void run(call).then((result) => process.send?.(result));
});
