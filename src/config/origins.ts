import { urlText } from '../base/text.js';
import { type Settings } from './settings.js';
import { formatSource, type Source } from './source.js';
import { type Target } from './target.js';

/** The settings, of which only where they came from matters here. */
type Sources = { [name in Exclude<keyof Settings, 'profileNames'>]: { source: Source } | null };

/** Where each setting came from, in words, for `whoami`; null for what is not set. */
export function settingOrigins(settings: Sources) {
  return {
    profile: origin(settings.profile),
    api_key: origin(settings.key),
    tenant_id: origin(settings.tenantId),
    api_url: origin(settings.apiUrl),
    deployment: origin(settings.deployment),
    supervisor_url: origin(settings.supervisorUrl),
  };
}

function origin(setting: { source: Source } | null): string | null {
  if (!setting) return null;
  const { source } = setting;
  return 'note' in source ? `${formatSource(source)}, ${source.note}` : formatSource(source);
}

/**
 * The flags that make a later command act on the same target as the same user; never the key, and nothing that the same
 * environment or profile gives again. The profile is among them unless a variable was mixed into it, which `--profile`
 * would then leave out.
 */
export function resumeFlags({ profile, ...settings }: Settings, target: Target): string[] {
  const inUse = [settings.key, settings.tenantId, settings.apiUrl, settings.deployment, settings.supervisorUrl];
  const isMixed = inUse.some((setting) => setting?.source.from === 'env');
  const isGiven = (source: Source | undefined): boolean =>
    source?.from === 'env' || (source?.from === 'profile' && !isMixed);
  return [
    ...(profile && !isMixed ? ['--profile', profile.name] : []),
    ...(isGiven(settings.deployment?.source) ? [] : ['--deployment', String(target.deployment.id)]),
    ...(isGiven(target.supervisorUrl.source) ? [] : ['--supervisor-url', urlText(target.supervisorUrl.value)]),
  ];
}
