import { withHint, type ApiError } from '../base/errors.js';
import type { Id } from '../base/ids.js';
import type { ApiKey } from '../base/secret.js';
import type { Settings, Source } from './settings.js';
import { deploymentText, NEW_KEY, renewal, type Target } from './target.js';

/** What a request was made with. */
export interface Asking {
  /** The base URL. */
  url: URL;
  apiKey: ApiKey;
  settings: Settings;
  /** Undefined for a request to Core. */
  deployment: Target['deployment'] | undefined;
  /** Some of the nodes in its log. */
  nodes: readonly Id[];
}

/**
 * A refusal in the words of the command line. The API knows neither where the key is from, nor, in
 * what it says, the deployment's path.
 */
export function explainRefusal(error: ApiError, asking: Asking): ApiError {
  if (error.status === 401) return withHint(error, keyAdvice(asking.apiKey, asking.settings));
  if (error.status === 403) return explainDenial(error, asking);
  const { deployment, url } = asking;
  const hint = endOfNode(error, asking.nodes) ?? error.hint;
  const message = deployment
    ? error.message.replace(`deployment ${deployment.id}`, () => deploymentText(deployment))
    : error.message;
  if (error.status !== 404 || url.pathname === '/') return withHint(error, hint, message);
  return withHint(error, `The URL has a path, ${url.pathname}: give ${url.origin}.`, message);
}

/** What to say of a node that the deployment does not have, where it is the end of one in its log. */
function endOfNode({ message }: ApiError, nodes: readonly Id[]): string | undefined {
  const end = / has no node (\d+);/.exec(message)?.[1];
  const whole = new Set(nodes.filter((node) => end && String(node).endsWith(end)));
  if (whole.size !== 1) return undefined;
  return `${end} is the end of ${[...whole].join()}: give all of it; at a terminal ...${end} will do.`;
}

/** The key lacks a permission, is another tenant's, or may not be used from this address. */
function explainDenial(error: ApiError, { apiKey, settings, deployment }: Asking): ApiError {
  const { reason, permission } = error;
  const key = `the API key ${keyText(apiKey, settings)}`;
  const lacking = /\b\w+:(?:read|manage)\b/.exec(reason)?.[0] ?? permission;
  if (lacking && (reason.includes(lacking) || /permission/i.test(reason))) {
    const where = deployment ? ` on ${deploymentText(deployment)}` : '';
    return withHint(error, hintFor(lacking), `${key} lacks ${lacking}${where}`);
  }
  const { tenantId } = settings;
  if (tenantId && /\btenant\b/i.test(reason)) {
    const what = `${originText(tenantId.source, 'tenant_id of ')} is not the tenant of ${key}`;
    return withHint(error, 'The LaserData console shows which tenant a key belongs to.', what);
  }
  const which = key.replace('the', 'It is the');
  if (/\b(?:ip|address|allow-?list)/i.test(reason)) {
    return withHint(error, `${which}: its allow-list must name this machine's address.`);
  }
  const needs = permission ? `It needs ${permission}, and an` : 'An';
  return withHint(
    error,
    `${which}. ${needs} allow-list, if it has one, must name this machine's address. ${hintFor(permission)}`,
  );
}

function hintFor(permission: string | undefined): string {
  return permission === 'info:read'
    ? "Without info:read, give the deployment's id, and its supervisor's URL."
    : '`ldctl whoami` shows what it may do.';
}

/** `ld_pk_…SYSh (LD_API_KEY)`; a key that is too short is not shown at all. */
function keyText(key: ApiKey, { key: setting }: Settings): string {
  const source = setting?.source;
  const origin = source && `(${originText(source)})`;
  return [key.mask().length > 1 ? key.mask() : '', origin].filter(Boolean).join(' ');
}

/** `--tenant-id`, `LD_TENANT_ID`, `tenant_id of profile prod`. */
function originText(source: Source, ofProfile = ''): string {
  if (!('name' in source)) return source.from;
  return source.from === 'profile' ? `${ofProfile}profile ${source.name}` : source.name;
}

/** The hint of a 401: which key was not accepted, where it came from, and what to do. */
export function keyAdvice(key: ApiKey, settings: Settings): string {
  const { key: setting, profile } = settings;
  const isOwn = setting?.source.from === 'profile' && profile;
  const advice = isOwn ? renewal(profile.name) : NEW_KEY;
  return `ldctl used the key ${keyText(key, settings)}. Check that it is complete. If it expired or was revoked, ${advice}.`;
}
