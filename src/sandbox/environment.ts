import { type KeyLabel } from './keys.js';
import { type SandboxServer } from './server.js';

/** Keys for trying what ldctl does with them; the admin key is `LD_API_KEY`. */
const OTHER_KEYS = [
  'readonly',
  'scoped',
  'expired',
  'expiring',
  'elsewhere',
  'minimal',
] as const satisfies readonly KeyLabel[];

/**
 * The variables that point ldctl, and a script, at a sandbox (design, "Commands"). Deployment and supervisor are both
 * given, so that nothing has to be looked up.
 */
export function sandboxVariables({ sandbox, url }: Pick<SandboxServer, 'sandbox' | 'url'>): Record<string, string> {
  return {
    LD_API_KEY: sandbox.keys.admin.value,
    LD_TENANT_ID: String(sandbox.tenantId),
    LD_API_URL: url,
    LD_SUPERVISOR_URL: url,
    LD_DEPLOYMENT_ID: String(sandbox.deploymentId),
    LDCTL_SANDBOX_URL: url,
    LDCTL_SANDBOX_NODES: sandbox.nodes.join(' '),
    ...Object.fromEntries(
      OTHER_KEYS.map((label) => [`LDCTL_SANDBOX_${label.toUpperCase()}_KEY`, sandbox.keys[label].value]),
    ),
  };
}
