import { type Id } from '../base/ids.js';
import { cellText, type CellView, type Column } from './columns.js';
import { type Field } from './formats.js';
import { timeColumn } from './columns.js';
import { timeText } from './columns.js';

/** A profile as it is printed: in JSON, these keys in this order. What is not known, or not set, is null. */
export interface ProfileDocument {
  name: string;
  /** Used when none is named. */
  current: boolean;
  tenant_id: Id;
  api_url: string;
  deployment_id: Id | null;
  deployment_name: string | null;
  supervisor_url: string | null;
  protected: boolean;
  key_store: string;
  /** Masked; null where it would have to be fetched to be known. */
  api_key: string | null;
  /** When the key expires, as the API last said: RFC 3339. */
  expires_at: string | null;
}

/** `expires_at` for people, such as `in 5 days`. */
export type ExpiryWords = (expiresAt: string) => { text: string; soon: boolean } | null;

/** All profiles, one a line. */
export function profileColumns(expiry: ExpiryWords): ReadonlyArray<Column<ProfileDocument>> {
  return [
    { name: 'current', priority: 2, value: (profile) => profile.current, text: ({ current }) => (current ? '*' : ' ') },
    {
      name: 'name',
      priority: 1,
      value: (profile) => profile.name,
      style: ({ current }) => (current ? 'bold' : undefined),
    },
    { name: 'deployment', priority: 3, value: (profile) => profile.deployment_name ?? profile.deployment_id },
    { name: 'deployment_id', priority: 9, extra: true, value: (profile) => profile.deployment_id },
    { name: 'tenant', priority: 5, value: (profile) => profile.tenant_id },
    { name: 'protected', priority: 6, value: (profile) => profile.protected },
    { name: 'key', priority: 7, value: (profile) => profile.key_store },
    {
      ...timeColumn<ProfileDocument>('expires', 4, (profile) => profile.expires_at),
      text: (profile, view) => expiryCell(profile, expiry, view),
      style: ({ expires_at: at }) => (at && expiry(at)?.soon ? 'bad' : undefined),
    },
    { name: 'supervisor_url', priority: 8, extra: true, value: (profile) => profile.supervisor_url },
    { name: 'api_url', priority: 10, extra: true, value: (profile) => profile.api_url },
  ];
}

/** One profile, a line a field. */
export function profileFields(profile: ProfileDocument, expiry: ExpiryWords, view: Pick<CellView, 'utc'>): Field[] {
  return [
    { name: 'name', value: profile.name, text: profile.current ? `${profile.name} (the current one)` : profile.name },
    { name: 'current', value: profile.current },
    { name: 'tenant_id', value: profile.tenant_id },
    { name: 'api_url', value: profile.api_url },
    { name: 'deployment_id', value: profile.deployment_id },
    { name: 'deployment_name', value: profile.deployment_name },
    { name: 'supervisor_url', value: profile.supervisor_url },
    { name: 'protected', value: profile.protected },
    { name: 'key_store', value: profile.key_store },
    { name: 'api_key', value: profile.api_key },
    { name: 'expires_at', value: profile.expires_at, text: expiryField(profile, expiry, view) },
  ];
}

function expiryCell({ expires_at: at }: ProfileDocument, expiry: ExpiryWords, { utc }: CellView): string {
  return at === null ? cellText(null) : (expiry(at)?.text ?? timeText(at, utc));
}

function expiryField({ expires_at: at }: ProfileDocument, expiry: ExpiryWords, { utc }: Pick<CellView, 'utc'>): string {
  if (at === null) return cellText(null);
  const words = expiry(at);
  return words ? `${timeText(at, utc)} (${words.text})` : timeText(at, utc);
}
