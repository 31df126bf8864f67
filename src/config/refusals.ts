import { LdctlError, withHint, type ApiError } from '../base/errors.js';
import type { Id } from '../base/ids.js';
import type { ApiKey } from '../base/secret.js';
import { NEW_KEY, renewal } from './key-life.js';
import { hintOfEnd } from './node-names.js';
import type { AccountSettings, DeploymentRef, Source } from './settings.js';
import { deploymentText } from './structure.js';

/** What a request was made with. */
export interface Asking {
  /** The base URL. */
  url: URL;
  apiKey: ApiKey;
  account: AccountSettings;
  /** Null for a request to Core. */
  deployment: DeploymentRef | null;
  /** Some of the nodes in its log. */
  nodes: readonly Id[];
}

/**
 * A refusal in the words of the command line. The API does not know where the key is from, and
 * calls a deployment by its id, not by its path.
 */
export function explainRefusal(error: ApiError, asking: Asking) {
  const { deployment, url, account } = asking;
  if (error.status === 401) {
    const { key, profile } = account;
    const owner = key?.source.from === 'profile' ? profile : null;
    const used = `ldctl used the key ${usedKeyText(asking)}. Check that it is complete.`;
    const advice = owner ? renewal(owner.name) : NEW_KEY;
    return withHint(error, `${used} If it expired or was revoked, ${advice}.`);
  }
  if (error.status === 403) return explainDenial(error, asking);
  const message = deployment
    ? error.message.replace(`deployment ${deployment.id}`, () => deploymentText(deployment))
    : error.message;
  if (error.status === 404 && url.pathname !== '/') {
    return withHint(error, `The URL has a path, ${url.pathname}: give ${url.origin}.`, message);
  }
  const [node] = error.unknownNodes;
  const endHint = node === undefined ? undefined : hintOfEnd(node, asking.nodes);
  return withHint(error, endHint ?? error.hint, message);
}

/**
 * What the server says shows that the key lacks a permission, or is another tenant's. Else it may
 * be either, or the address of this machine: the message is the server's, and the hint has all.
 */
function explainDenial(error: ApiError, asking: Asking) {
  const { reason, permission } = error;
  const key = `the API key ${usedKeyText(asking)}`;
  const lacking = /\b\w+:(?:read|manage)\b/.exec(reason)?.[0] ?? permission;
  if (lacking && (reason.includes(lacking) || /permission/i.test(reason))) {
    return withHint(error, adviceOn(lacking), lackText(lacking, asking));
  }
  const { tenantId } = asking.account;
  if (tenantId && /\btenant\b/i.test(reason)) {
    const what = `${tenantText(tenantId.source)} is not the tenant of ${key}`;
    return withHint(error, 'The LaserData console shows which tenant a key belongs to.', what);
  }
  const needs = permission ? ` It needs ${permission}.` : '';
  const address = "If it has an allow-list, the list must contain this machine's address.";
  return withHint(error, `ldctl used ${key}.${needs} ${address} ${adviceOn(permission)}`);
}

type KeyUse = Pick<Asking, 'apiKey' | 'account' | 'deployment'>;

function lackText(permission: string, use: KeyUse) {
  const { deployment } = use;
  const where = deployment ? ` on ${deploymentText(deployment)}` : '';
  return `the API key ${usedKeyText(use)} lacks ${permission}${where}`;
}

/** For a key that may only read, by what Core says of it. */
export function cannotAct(use: KeyUse) {
  const permission = 'deployment:manage';
  const hint = adviceOn(permission);
  return new LdctlError('denied', 'forbidden', lackText(permission, use), { hint });
}

function adviceOn(permission: string | undefined) {
  return permission === 'info:read'
    ? "Without info:read, give the deployment's id, and its supervisor's URL."
    : '`ldctl whoami` shows what it may do.';
}

/** `ld_pk_…SYSh (LD_API_KEY)`. */
function usedKeyText({ apiKey, account: { key } }: KeyUse) {
  return key ? `${apiKey.mask()} (${key.source.name})` : apiKey.mask();
}

/** `--tenant-id`, `LD_TENANT_ID`, `tenant_id of profile prod`. */
const tenantText = ({ from, name }: Source) => (from === 'profile' ? `tenant_id of ${name}` : name);
