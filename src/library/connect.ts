import { resolve } from 'node:path';
import { parseBaseUrl } from '../api/base-url.js';
import { SupervisorApi } from '../api/supervisor-api.js';
import { systemClock } from '../base/clock.js';
import { urlText } from '../base/text.js';
import { parseApiKey } from '../config/api-key.js';
import { keepNodes } from '../config/old-journal.js';
import { PLATFORM } from '../system/platform.js';
import { userShell } from '../system/shell.js';
import { ConnectedDeployment } from './connected-deployment.js';
import type { Deployment } from './deployment.js';
import { journalsIn } from './journals.js';
import { check, connectSchema } from './request-schemas.js';

export interface ConnectOptions {
  /** The Supervisor of the deployment: https, or http to a loopback address. */
  supervisorUrl: string;
  deploymentId: bigint;
  /** Never shown, and in no error. */
  apiKey: string;
  /** Checked against the log before anything is sent; it is not needed otherwise. */
  tenantId?: bigint;
  /**
   * A folder for the run journal, where triggers with a key of your own are remembered for 24 hours, across restarts and for all
   * processes that share it. Without it, the server alone remembers a key, for 10 minutes.
   */
  journal?: string;
}

/**
 * A deployment of which all is known. Does no I/O: a wrong key or URL shows at the first call.
 * @throws {LdctlError} with exit code 2 for options that cannot be used
 */
export function connect(options: ConnectOptions): Deployment {
  const { supervisorUrl, deploymentId, apiKey, tenantId, journal } = check(connectSchema, 'connect', options);
  const url = parseBaseUrl(supervisorUrl, 'supervisorUrl');
  const folder = journal === undefined ? null : resolve(journal);
  return new ConnectedDeployment({
    deploymentId,
    supervisor: new SupervisorApi({ url, apiKey: parseApiKey(apiKey, 'apiKey') }),
    expectedTenant:
      tenantId === undefined ? null : { tenantId, origin: 'tenantId', hint: 'Check tenantId, and the deployment.' },
    clock: systemClock,
    random: Math.random,
    journals: folder === null ? null : journalsIn(folder, systemClock, { isOfCommands: false }),
    // Nothing is read from the environment: where that would tell the shell, it is the one that every such system has.
    later: {
      target: ['--deployment', String(deploymentId), '--supervisor-url', urlText(url)],
      shell: userShell({ platform: PLATFORM, env: {} }),
    },
    keepNodes: folder === null ? null : (nodes) => keepNodes(folder, nodes),
  });
}
