import { ConnectedCommand } from '../cli/base-command.js';
import type { CommandContext } from '../cli/context.js';
import { Interrupted, LdctlError } from '../base/errors.js';
import type { ApiKey } from '../base/secret.js';
import { plainText, urlText } from '../base/text.js';
import type { KeyContext, TenantStructure } from '../api/core-api.js';
import { isGranted } from '../config/grants.js';
import { expiryOf } from '../config/key-life.js';
import { protectorOf, STRUCTURE, type Settings, type Source } from '../config/settings.js';
import {
  findDeployment,
  neededKey,
  placeText,
  refTo,
  urlFor,
  type PlacedDeployment,
} from '../config/target.js';
import type { Field } from '../output/columns.js';
import { formatOf } from '../output/formats.js';
import { fieldsOf } from '../output/list.js';
import { sentence } from '../output/sentence.js';
import { expiryText } from './profiles/profile.shared.js';

export default class Whoami extends ConnectedCommand {
  static override summary =
    'Show whose key this is, what it may do, when it expires, and where each setting came from.';
  static override description =
    'Without a tenant id ldctl cannot ask about the key, and shows only the settings.';
  static override examples = ['ldctl whoami', 'ldctl whoami --profile prod -o json'];

  protected override async execute() {
    const { flags } = await this.parse(Whoami);
    const context = await this.open(flags);
    const { output, clock } = this.host;
    const found = await findOut(context);
    const identity = identityOf(context.settings, found, clock.now());
    const { options } = output;
    const place = found.placed ? placeText(found.placed) : identity.deployment_name;
    const answer = options.format === 'table' ? answerOf(identity, place, clock.now()) : null;
    if (answer !== null && !options.quiet) output.stderr.write(sentence(output.stderr, answer));
    await this.show(identity, identityFields(identity, place, clock.now(), output.inUtc));
    if (formatOf(options.format).holds === 'rows') {
      for (const note of identity.notes) context.say(`note: ${plainText(note)}`);
    }
    return 0;
  }
}

type Identity = ReturnType<typeof identityOf>;

/** What the API says; null for what it was not asked, or could not say. */
interface KeyFacts {
  key: ApiKey;
  known: KeyContext | null;
  structure: TenantStructure | null;
  placed: PlacedDeployment | null;
  /** Why something is not known. */
  notes: string[];
}

/**
 * Asks about the key, and where its deployment stands: one that cannot be looked up is a note.
 * @throws ApiError (401) when the API does not know the key
 */
async function findOut(context: CommandContext) {
  const { settings, signal } = context;
  const { tenantId, apiUrl, deployment } = settings;
  const key = await neededKey(settings).fetch(signal);
  const found: KeyFacts = { key, known: null, structure: null, placed: null, notes: [] };
  if (!tenantId) {
    found.notes.push(
      'without a tenant id the API cannot be asked about the key: give --tenant-id, or set LD_TENANT_ID',
    );
    return found;
  }
  const core = context.core({ apiUrl: apiUrl.value, key });
  found.known = await core.keyContext(tenantId.value, { signal });
  if (!deployment) {
    found.notes.push('no deployment is chosen, so what the key may do to it is not known');
    return found;
  }
  try {
    found.structure = await core.structure(tenantId.value, { signal });
    found.placed = findDeployment(found.structure, deployment.value);
  } catch (error) {
    if (error instanceof Interrupted || !(error instanceof LdctlError)) throw error;
    found.notes.push(error.message);
  }
  return found;
}

/** What is printed: in JSON, these keys in this order. What is not known is null. */
function identityOf(settings: Settings, found: KeyFacts, now: number) {
  const { profile, tenantId, apiUrl, deployment } = settings;
  const { key, known, structure, placed, notes } = found;
  const expiresAt = expiryFor(settings, known);
  const supervisor = supervisorOf(settings, found);
  return {
    profile: profile?.name ?? null,
    protected: protectorOf(settings, placed ? refTo(placed) : undefined) !== null,
    api_key: key.mask(),
    ...keyFields(known),
    expires_at: expiresAt,
    /** Whole days; negative when it has expired. */
    expires_in_days: expiryOf(expiresAt, now)?.daysLeft ?? null,
    allowed_ips: addressesOf(known),
    tenant_id: tenantId?.value ?? null,
    tenant_name: structure?.name ?? null,
    api_url: urlText(apiUrl.value),
    ...deploymentFields(deployment, placed),
    supervisor_url: supervisor && urlText(supervisor.value),
    may_read: may('read', settings, found),
    may_manage: may('manage', settings, found),
    origins: {
      profile: originOf(profile),
      api_key: originOf(settings.key),
      tenant_id: originOf(tenantId),
      api_url: originOf(apiUrl),
      deployment: originOf(deployment),
      supervisor_url: originOf(supervisor),
    },
    notes,
  };
}

/** The addresses the key may be used from; null for any. */
const addressesOf = (known: KeyContext | null) =>
  known?.validate_ip ? (known.allowed_ips ?? []) : null;

function keyFields(known: KeyContext | null) {
  return {
    key_id: known?.id ?? null,
    key_name: known?.name ?? null,
    user_id: known?.user_id ?? null,
    role: known?.role_name ?? null,
  };
}

function deploymentFields(given: Settings['deployment'], placed: PlacedDeployment | null) {
  const { id, name } = placed?.deployment ?? given?.value ?? { id: null, name: null };
  return {
    deployment_id: id,
    deployment_name: name,
    division_name: placed?.division.name ?? null,
    environment_name: placed?.environment.name ?? null,
  };
}

function supervisorOf(
  { supervisorUrl, deployment }: Settings,
  { placed, structure, notes }: KeyFacts,
) {
  const ref = placed ? refTo(placed) : deployment?.value;
  const given = ref
    ? urlFor(supervisorUrl, ref, (note) => notes.push(note), structure ?? undefined)
    : supervisorUrl;
  const href = placed?.deployment.supervisor_url;
  if (given || !href) return given ?? null;
  return { value: { href }, source: STRUCTURE };
}

/** What is stored about the profile's own key still holds when the API cannot be asked. */
function expiryFor({ key, profile }: Settings, known: KeyContext | null) {
  if (known) return known.expiry_at ?? null;
  return key?.source.from === 'profile' ? (profile?.expires_at ?? null) : null;
}

/** Null where it cannot be known. */
function may(
  wanted: 'read' | 'manage',
  { deployment }: Settings,
  { known, structure, placed }: KeyFacts,
): boolean | null {
  if (!known || !deployment) return null;
  return structure && !placed ? false : isGranted(known.permissions, wanted, placed);
}

/**
 * The answer in one sentence: `sandbox admin (admin) may read and act on
 * platform/production/sandbox; key good for 199 days (profile prod)`.
 */
function answerOf(identity: Identity, place: string | null, now: number) {
  const { key_name: name, role, expires_at: at, origins } = identity;
  if (name === null) return null;
  const expiry = expiryOf(at, now);
  const life = expiry ? `; ${expiry.life}` : '';
  const from = origins.api_key?.startsWith('profile ') ? ` (${origins.api_key})` : '';
  return `${name} (${role})${mayText(identity, place)}${life}${from}`;
}

/** ` may read platform/production/sandbox`; nothing where it is not known. */
function mayText(
  { may_read: reads, may_manage: acts, deployment_id: id }: Identity,
  place: string | null,
) {
  const where = place ?? id;
  if (reads === null || acts === null || where === null) return '';
  const verbs = [reads && 'read', acts && 'act on'].filter(Boolean).join(' and ');
  return ` may ${verbs || 'neither read nor act on'} ${where}`;
}

/** `flag --deployment`, `env LD_API_KEY`, `profile prod`, `default`; null for what is not set. */
function originOf(setting: { source: Source } | null): string | null {
  if (!setting) return null;
  const { from, name } = setting.source;
  return from === 'flag' || from === 'env' ? `${from} ${name}` : name;
}

/** The same as lines for people, each setting with where it came from; and as one record of CSV. */
function identityFields(
  identity: Identity,
  place: string | null,
  now: number,
  utc: boolean,
): Field[] {
  const { origins, notes, expires_in_days, division_name, environment_name, ...shown } = identity;
  const { expires_at: at, allowed_ips: addresses, key_id, may_read, may_manage } = shown;
  const from: Record<string, string | null> = { ...origins, deployment_id: origins.deployment };
  const texts = {
    ...(at !== null && { expires_at: expiryText(at, now, utc) }),
    ...(place !== null && { deployment_name: place }),
    ...(may_read === null && { may_read: 'unknown' }),
    ...(may_manage === null && { may_manage: 'unknown' }),
    ...(key_id !== null && addresses === null && { allowed_ips: 'any' }),
  };
  const cells = { ...shown, allowed_ips: addresses?.join(' ') ?? null };
  return fieldsOf(cells, texts).map((field) => {
    const origin = field.value === null ? null : from[field.name];
    return origin ? { ...field, text: `${field.value}  (${origin})` } : field;
  });
}
