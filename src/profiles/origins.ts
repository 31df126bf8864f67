import { type Settings } from './settings.js';
import { formatSource, type Setting } from './source.js';
import { type Target } from './target.js';

/** Where each setting came from, in words, for `whoami`; null for what is not set. */
export interface Origins {
  profile: string | null;
  api_key: string | null;
  tenant_id: string | null;
  api_url: string | null;
  deployment: string | null;
  supervisor_url: string | null;
}

export function settingOrigins(settings: Settings): Origins {
  const { key, profile } = settings;
  return {
    profile: profile && (profile.source.from === 'default' ? 'the current one' : formatSource(profile.source)),
    api_key: key && (key.remark === null ? formatSource(key.source) : `${formatSource(key.source)}, ${key.remark}`),
    tenant_id: origin(settings.tenantId),
    api_url: origin(settings.apiUrl),
    deployment: origin(settings.deployment),
    supervisor_url: origin(settings.supervisorUrl),
  };
}

/**
 * The flags that make a later command act on the same target as the same user; never the key. The profile is among
 * them unless a variable was mixed into it, which `--profile` would then leave out.
 */
export function resumeFlags(settings: Settings, target: Target): string[] {
  const { profile } = settings;
  const inUse = [settings.key, settings.tenantId, settings.apiUrl, settings.deployment, settings.supervisorUrl];
  const isMixed = inUse.some((setting) => setting?.source.from === 'env');
  return [
    ...(profile && !isMixed ? ['--profile', profile.name] : []),
    '--deployment',
    target.deployment.id.toString(),
    '--supervisor-url',
    target.supervisorUrl.value.href.replace(/\/$/, ''),
  ];
}

function origin(setting: Setting<unknown> | null): string | null {
  return setting && formatSource(setting.source);
}
