import { inspect } from 'node:util';
import { SupervisorApi } from '../../src/api/supervisor-api.js';
import { TransportError } from '../../src/base/errors.js';
import { deploymentOn } from '../../src/app/deployment.js';
import { VirtualClock } from '../helpers/clock.js';
import { type ChildCall, type ChildResult, type Pass } from './child.js';
import { DEPLOYMENT, KEY, NODE, QUERY, RESTART } from './wire.js';

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
    if (call === 'run') return { value: await restart(url) };
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

let clock = new VirtualClock();

function restart(url: string): Promise<unknown> {
  clock = new VirtualClock();
  const deployment = deploymentOn({
    deploymentId: DEPLOYMENT,
    profile: null,
    supervisor: new SupervisorApi({ url, apiKey: KEY, clock }),
    ...{ clock, tenant: null, journal: null, counter: null, flags: [] },
    ...{ newKey: () => 'a-random-key', apiKeyHash: '0f1e2d3c' },
  });
  return clock.run(deployment.trigger({ runtime: 'iggy', action: 'restart', nodes: [NODE] }));
}

process.on('message', (call: ChildCall | Pass) => {
  if ('pass' in call) {
    clock.suspend(call.pass);
    process.send?.(call);
    return;
  }
  void run(call).then((result) => process.send?.(result));
});
