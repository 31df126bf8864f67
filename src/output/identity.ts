import { type Id } from '../base/ids.js';
import { type Field } from './formats.js';

/** Where each setting came from, in words; null for what is not set. */
export interface OriginsDocument {
  profile: string | null;
  api_key: string | null;
  tenant_id: string | null;
  api_url: string | null;
  deployment: string | null;
  supervisor_url: string | null;
}

/** What `whoami` prints: in JSON, these keys in this order. What is not known is null, and `notes` says why. */
export interface IdentityDocument {
  profile: string | null;
  protected: boolean;
  /** Masked. */
  api_key: string;
  key_id: Id | null;
  key_name: string | null;
  user_id: Id | null;
  role: string | null;
  /** RFC 3339. */
  expires_at: string | null;
  /** Whole days; negative when it has expired. */
  expires_in_days: number | null;
  /** The addresses the key may be used from; null for any. */
  allowed_ips: string[] | null;
  tenant_id: Id | null;
  tenant_name: string | null;
  api_url: string;
  deployment_id: Id | null;
  deployment_name: string | null;
  division_name: string | null;
  environment_name: string | null;
  supervisor_url: string | null;
  may_read: boolean | null;
  may_manage: boolean | null;
  origins: OriginsDocument;
  notes: string[];
}

/** The same as lines for people, each setting with where it came from; and as one record of CSV. */
export function identityFields(identity: IdentityDocument, expiry: string | null): Field[] {
  const { origins } = identity;
  return [
    { name: 'profile', value: identity.profile, ...from(identity.profile, origins.profile) },
    { name: 'protected', value: identity.protected },
    { name: 'api_key', value: identity.api_key, ...from(identity.api_key, origins.api_key) },
    { name: 'key_name', value: identity.key_name },
    { name: 'key_id', value: identity.key_id },
    { name: 'user_id', value: identity.user_id },
    { name: 'role', value: identity.role },
    { name: 'expires_at', value: identity.expires_at, ...(expiry !== null && { text: expiry }) },
    { name: 'allowed_ips', value: identity.allowed_ips?.join(' '), ...anyAddress(identity) },
    { name: 'tenant_id', value: identity.tenant_id, ...from(identity.tenant_id, origins.tenant_id) },
    { name: 'tenant_name', value: identity.tenant_name },
    { name: 'api_url', value: identity.api_url, ...from(identity.api_url, origins.api_url) },
    { name: 'deployment_id', value: identity.deployment_id, ...from(identity.deployment_id, origins.deployment) },
    { name: 'deployment_name', value: identity.deployment_name, ...placeOf(identity) },
    {
      name: 'supervisor_url',
      value: identity.supervisor_url,
      ...from(identity.supervisor_url, origins.supervisor_url),
    },
    { name: 'may_read', value: identity.may_read, ...unknown(identity.may_read) },
    { name: 'may_manage', value: identity.may_manage, ...unknown(identity.may_manage) },
  ];
}

/** The value, and where it came from. */
function from(value: string | Id | null, origin: string | null): { text?: string } {
  return value === null || origin === null ? {} : { text: `${value}  (${origin})` };
}

/** Where the deployment stands. One that is known by its name alone says here where that came from. */
function placeOf({ division_name, environment_name, deployment_name, deployment_id, origins }: IdentityDocument): {
  text?: string;
} {
  if (deployment_id === null) return from(deployment_name, origins.deployment);
  const path = [division_name, environment_name, deployment_name].filter((part) => part !== null).join('/');
  return path === '' ? {} : { text: path };
}

function anyAddress({ allowed_ips, key_id }: IdentityDocument): { text?: string } {
  return allowed_ips === null && key_id !== null ? { text: 'any' } : {};
}

function unknown(value: boolean | null): { text?: string } {
  return value === null ? { text: 'unknown' } : {};
}
