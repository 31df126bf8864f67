import { BaseCommand } from '../cli/base-command.js';
import type { CommandContext } from '../cli/context.js';
import { printOptions } from '../cli/flags.js';
import { Interrupted, LdctlError } from '../base/errors.js';
import { plainText, urlText } from '../base/text.js';
import type { KeyContext, TenantStructure } from '../api/core-api.js';
import type { Source } from '../config/settings.js';
import {
  expiryOf,
  findDeployment,
  isGranted,
  neededKey,
  type PlacedDeployment,
} from '../config/target.js';
import type { Field } from '../output/columns.js';
import { formatOf } from '../output/formats.js';
import { printObject } from '../output/list.js';
import { expiryText } from './profiles/profile.shared.js';
import { connectionFlags } from './flags.shared.js';

export default class Whoami extends BaseCommand {
  static override summary =
    'Whose key this is, what it may do, when it expires; and where each setting came from.';
  static override description =
    'Says what is known: without a tenant id the API cannot be asked about the key, and the settings are all there is. ' +
    'When the key is a profile’s own, its expiry is stored, so that other commands can warn of it in time.';
  static override examples = ['ldctl whoami', 'ldctl whoami --profile prod -o json'];
  static override flags = connectionFlags;

  protected override async execute() {
    const { flags } = await this.parse(Whoami);
    const context = await this.open(flags);
    const identity = await identify(context);
    if (identity.key_id !== null) await rememberExpiry(context, identity.expires_at);
    const { output, clock } = this.host;
    const options = printOptions(flags);
    await printObject(output, identity, options, fieldsOf(identity, clock.now(), options.utc));
    if (formatOf(options.format).holds === 'rows' && !flags.quiet) {
      for (const note of identity.notes) output.stderr.write(`note: ${plainText(note)}\n`);
    }
    return 0;
  }
}

/** Of a profile's own key, for later warnings only: where it cannot be stored, nothing is said. */
async function rememberExpiry(
  { settings, store, signal }: CommandContext,
  expiresAt: string | null,
): Promise<void> {
  const { profile, key, tenantId } = settings;
  const isOwn = key?.source.from === 'profile' && tenantId?.source.from === 'profile';
  if (!profile || !isOwn || (profile.expires_at ?? null) === expiresAt) return;
  const change = store.update(profile.name, (stored) => ({
    ...stored,
    expires_at: expiresAt ?? undefined,
  }));
  await change.catch(() => signal.throwIfAborted());
}

type Identity = Awaited<ReturnType<typeof identify>>;

/**
 * What is printed: in JSON, these keys in this order. What is not known is null, and `notes` says
 * why: a deployment that cannot be looked up is a note.
 * @throws ApiError (401) when the API does not know the key
 */
async function identify(context: CommandContext) {
  const { settings, signal } = context;
  const { profile, tenantId, apiUrl, deployment, supervisorUrl } = settings;
  const key = await neededKey(settings).fetch(signal);
  const notes: string[] = [];
  let keyContext: KeyContext | null = null;
  let structure: TenantStructure | null = null;
  let placed: PlacedDeployment | null = null;
  if (tenantId) {
    const core = context.core({ apiUrl: apiUrl.value, key });
    keyContext = await core.keyContext(tenantId.value, { signal });
    if (!deployment) {
      notes.push('no deployment is chosen, so what the key may do to it is not known');
    }
    try {
      structure = deployment && (await core.structure(tenantId.value, { signal }));
      placed = deployment && structure && findDeployment(structure, deployment.value);
    } catch (error) {
      if (error instanceof Interrupted || !(error instanceof LdctlError)) throw error;
      notes.push(error.message);
    }
  } else {
    notes.push(
      'without a tenant id the API cannot be asked about the key: give --tenant-id, or set LD_TENANT_ID',
    );
  }
  const may = (wanted: 'read' | 'manage'): boolean | null => {
    if (!keyContext || !deployment) return null;
    return structure && !placed ? false : isGranted(keyContext.permissions, wanted, placed);
  };
  // What is stored about the profile's own key still holds when the API cannot be asked.
  const storedExpiry =
    settings.key?.source.from === 'profile' ? (profile?.expires_at ?? null) : null;
  const expiresAt = keyContext ? (keyContext.expiry_at ?? null) : storedExpiry;
  const lookedUp = supervisorUrl ? null : (placed?.deployment.supervisor_url ?? null);
  return {
    profile: profile?.name ?? null,
    protected: profile?.protected ?? false,
    api_key: key.mask(),
    key_id: keyContext?.id ?? null,
    key_name: keyContext?.name ?? null,
    user_id: keyContext?.user_id ?? null,
    role: keyContext?.role_name ?? null,
    expires_at: expiresAt,
    /** Whole days; negative when it has expired. */
    expires_in_days:
      expiresAt === null ? null : (expiryOf(expiresAt, context.host.clock.now())?.daysLeft ?? null),
    /** The addresses the key may be used from; null for any. */
    allowed_ips: keyContext?.validate_ip ? (keyContext.allowed_ips ?? []) : null,
    tenant_id: tenantId?.value ?? null,
    tenant_name: structure?.name ?? null,
    api_url: urlText(apiUrl.value),
    deployment_id: placed?.deployment.id ?? deployment?.value.id ?? null,
    deployment_name: placed?.deployment.name ?? deployment?.value.name ?? null,
    division_name: placed?.division.name ?? null,
    environment_name: placed?.environment.name ?? null,
    supervisor_url: supervisorUrl ? urlText(supervisorUrl.value) : lookedUp,
    may_read: may('read'),
    may_manage: may('manage'),
    origins: {
      profile: originOf(profile),
      api_key: originOf(settings.key),
      tenant_id: originOf(tenantId),
      api_url: originOf(apiUrl),
      deployment: originOf(deployment),
      supervisor_url:
        lookedUp === null ? originOf(supervisorUrl) : originOf({ source: { from: 'structure' } }),
    },
    notes,
  };
}

/** `flag --deployment`, `env LD_API_KEY`, `profile prod`, `default`; null for what is not set. */
function originOf(setting: { source: Source } | null): string | null {
  if (!setting) return null;
  const { source } = setting;
  if ('name' in source) return `${source.from} ${source.name}`;
  return { current: 'the current one', structure: "the tenant's structure", default: 'default' }[
    source.from
  ];
}

/** The same as lines for people, each setting with where it came from; and as one record of CSV. */
function fieldsOf(identity: Identity, now: number, utc: boolean): Field[] {
  const { origins, notes, expires_in_days, division_name, environment_name, ...shown } = identity;
  const { deployment, ...others } = origins;
  const from: Partial<Record<string, string | null>> = { ...others, deployment_id: deployment };
  const { expires_at: at, allowed_ips: addresses, deployment_name: name } = shown;
  const texts: Partial<Record<string, string>> = {
    ...(at !== null && { expires_at: expiryText(at, now, utc) }),
    ...(!addresses && shown.key_id !== null && { allowed_ips: 'any' }),
    ...(name !== null && {
      deployment_name: [division_name, environment_name, name].filter(Boolean).join('/'),
    }),
    ...(shown.may_read === null && { may_read: 'unknown' }),
    ...(shown.may_manage === null && { may_manage: 'unknown' }),
  };
  return Object.entries({ ...shown, allowed_ips: addresses?.join(' ') ?? null }).map(
    ([field, value]) => {
      const origin = value === null ? null : from[field];
      return { name: field, value, text: origin ? `${value}  (${origin})` : texts[field] };
    },
  );
}
