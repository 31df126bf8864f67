import { randomBytes } from 'node:crypto';
import * as Args from '@oclif/core/args';
import { parseBaseUrl } from '../../api/base-url.js';
import { BaseCommand } from '../../cli/base-command.js';
import { CommandContext } from '../../cli/context.js';
import type { Prompts } from '../../cli/prompts.js';
import { saying, type Interrupts } from '../../cli/signals.js';
import { readStdin } from '../../cli/prompts.js';
import { ApiError, LdctlError, UsageError } from '../../base/errors.js';
import type { ExitCode } from '../../base/exit-codes.js';
import { parseId, type Id } from '../../base/ids.js';
import { isApiKeyText, refuseDebuggedStreams, type ApiKey } from '../../base/secret.js';
import { plainText, urlText } from '../../base/text.js';
import type { KeyContext, TenantStructure } from '../../api/core-api.js';
import { KeyringError } from '../../config/keyring.js';
import { fetchProfileKey, LONGEST_KEY_TEXT, parseApiKey, runKeyCommand } from '../../config/keys.js';
import { checkProfileName, findProfile, type Profile, type ProfileKey } from '../../config/profiles.js';
import { DEFAULT_API_URL, type Settings } from '../../config/settings.js';
import {
  expiryOf,
  findDeployment,
  isGranted,
  placedDeployments,
  placeText,
  supervisorUrlOf,
  type TenantAccess,
} from '../../config/target.js';
import { printProfile, profileDocument, profileFlags, type ProfileFlags } from './profile.shared.js';

export default class ProfilesAdd extends BaseCommand {
  static override summary = 'Keep a tenant, an API key and a deployment under a name.';
  static override description =
    'At a terminal it asks for what no flag says: the tenant, the key, the deployment, and where to keep the key. ' +
    'Elsewhere it asks nothing: what no flag says comes from LD_TENANT_ID, LD_API_URL, LD_DEPLOYMENT_ID and ' +
    'LD_API_KEY, if they are set. A key that the API does not accept is not stored. There is no flag that holds a key, ' +
    'since other users can read the arguments of a process. The first profile becomes the current one.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> prod',
    {
      description: 'In a script, with the key from a secret store',
      command:
        'secret-tool lookup laserdata prod | <%= config.bin %> <%= command.id %> prod --tenant-id 7261845022003200001 ' +
        '--deployment sandbox --key-store file --api-key-stdin',
    },
    {
      description: 'With a password manager that is asked each time',
      command:
        '<%= config.bin %> <%= command.id %> prod --tenant-id 7261845022003200001 --deployment sandbox ' +
        '--key-command "op read op://ops/laserdata/key"',
    },
  ];
  static override args = {
    name: Args.string({
      required: true,
      ignoreStdin: true,
      description: 'letters, digits, dots, dashes and underscores',
    }),
  };
  static override flags = profileFlags;

  protected override async execute(interrupts: Interrupts): Promise<ExitCode> {
    const { args, flags } = await this.parse(ProfilesAdd);
    const context = await CommandContext.open(this.host, flags, interrupts);
    const added = await makeProfile(args.name, null, flags, context).catch(saying('Nothing was stored.'));
    const document = profileDocument(added.profile, added.current);
    context.say(`added profile ${args.name}${document.current ? ', now the current one' : ''}`);
    return printProfile(context, document);
  }
}

/**
 * Makes a profile from flags, the environment, and what the user answers; or changes the stored one by flags, and by a new
 * key where there are none: a variable that was left over would mix two profiles. Nothing is stored before the end, and
 * nothing that the API does not accept, unless it is not to be asked.
 * @returns the profile, and the name of the current one
 */
export async function makeProfile(
  name: string,
  stored: Profile | null,
  flags: ProfileFlags,
  context: CommandContext,
): Promise<{ profile: Profile; current: string | undefined }> {
  const { store, host } = context;
  checkKeyFlags(flags);
  const changes = changesOf(stored, flags, context);
  if (!stored) store.assertCanAdd(checkProfileName(name));
  const from = stored
    ? { env: {}, readConfig: () => ({ current: name, profiles: [stored] }) }
    : { env: { ...host.env, LD_PROFILE: undefined }, readConfig: () => ({ profiles: [] }) };
  const given = context.resolve(flags, from);
  const access = changes.needsKey ? await accessFor(given, stored, changes, flags, context) : null;
  const tenantId = access?.tenantId ?? given.tenantId?.value;
  const apiUrl = urlText(given.apiUrl.value);
  const fields: Partial<Profile> = {
    ...(tenantId !== undefined && tenantId !== stored?.tenant_id && { tenant_id: tenantId }),
    // The public one may be another some day.
    ...(changes.api && { api_url: apiUrl === DEFAULT_API_URL ? undefined : apiUrl }),
    ...(changes.place && (await placeFields(given, stored === null, access, context))),
    ...(flags.protected !== undefined && { protected: flags.protected || undefined }),
    // Of a new key that the API was not asked about, nothing is known.
    ...((access?.known || changes.key) && { expires_at: access?.known?.expiry_at ?? undefined }),
  };
  const key = access && changes.move ? await keepKey(name, access.key, flags, stored, context) : null;
  let before: ProfileKey | undefined;
  try {
    if (access && key && !stored) await store.add({ ...fields, name, tenant_id: access.tenantId, key });
    else {
      await store.update(name, (profile) => {
        before = profile.key;
        return { ...profile, ...fields, key: key ?? profile.key };
      });
    }
  } catch (error) {
    if (key) await forgetKey(key, context);
    throw error;
  }
  if (key && before) await forgetKey(before, context);
  const config = store.read();
  return { profile: findProfile(config, name), current: config.current };
}

/** What changes, and what that takes. @throws UsageError for nothing */
function changesOf(stored: Profile | null, flags: ProfileFlags, { prompts }: CommandContext) {
  const isSaid = (...names: Array<keyof ProfileFlags>): boolean =>
    names.some((name) => flags[name] !== undefined && (name !== 'api-key-stdin' || flags[name]));
  const isBare = !isSaid('tenant-id', 'api-url', 'supervisor-url', 'deployment', 'key-store', 'protected');
  const ofKey = isSaid('key-command', 'api-key-stdin');
  if (stored && isBare && !ofKey && !prompts) {
    throw new UsageError('nothing to change', {
      code: 'nothing_to_change',
      hint: 'Say what: --api-key-stdin, --deployment, --protected, … See ldctl profiles update --help',
    });
  }
  const key = !stored || isBare || ofKey;
  const move = key || (isSaid('key-store') && flags['key-store'] !== stored.key.store);
  const check = flags.verify && (key || isSaid('tenant-id', 'api-url', 'deployment'));
  const place = !stored || check || isSaid('deployment', 'supervisor-url');
  const api = !stored || isSaid('api-url');
  return { key, move, check, place, api, needsKey: move || check };
}

/** @throws UsageError for flags that do not go together */
function checkKeyFlags({ 'key-store': store, 'key-command': command, 'api-key-stdin': stdin }: ProfileFlags): void {
  const conflict =
    command === undefined
      ? store === 'command' && '--key-store command needs --key-command'
      : (command.trim() === '' && '--key-command is empty') ||
        (stdin && '--key-command and --api-key-stdin are two ways to give one key') ||
        (store !== undefined && store !== 'command' && `--key-command and --key-store ${store} do not go together`);
  if (!conflict) return;
  throw new UsageError(conflict, {
    code: 'conflicting_flags',
    hint: 'With --key-command CMD it is printed each time. To keep it: CMD | ldctl … --api-key-stdin --key-store file',
  });
}

interface Access extends TenantAccess {
  /** What the API says of the key; null where it was not asked. */
  known: KeyContext | null;
}

async function accessFor(
  given: Settings,
  stored: Profile | null,
  changes: ReturnType<typeof changesOf>,
  flags: ProfileFlags,
  context: CommandContext,
): Promise<Access> {
  const { prompts, signal, keyTools } = context;
  const command = flags['key-command'];
  const askTenant = (asked: Prompts, preset: Id | undefined): Promise<Id> =>
    answer(asked, 'Tenant id:', (text) => parseId(text, 'the tenant id'), preset?.toString());
  const isOpen = !stored && given.tenantId?.source.from !== 'flag';
  let tenantId = prompts && isOpen ? await askTenant(prompts, given.tenantId?.value) : given.tenantId?.value;
  if (tenantId === undefined) {
    throw new UsageError('no tenant id', { code: 'no_tenant', hint: 'Give --tenant-id ID, or set LD_TENANT_ID.' });
  }
  // Where there is a user it is typed; a variable is offered for a new profile, and has no say in one that is there.
  const inEnvironment = prompts && !stored && command === undefined ? await given.key?.fetch(signal) : null;
  const askKey = async (asked: Prompts): Promise<ApiKey> => context.guard(await typedKey(asked, inEnvironment ?? null));
  let key: ApiKey;
  if (command !== undefined) key = await runKeyCommand(command, 'the key command', keyTools, signal);
  else if (!changes.key && stored) key = await fetchProfileKey(stored, keyTools, signal);
  else if (prompts) key = await askKey(prompts);
  else if (flags['api-key-stdin']) key = await pipedKey(context);
  else if (given.key && !stored) key = await given.key.fetch(signal);
  else {
    throw new UsageError('no API key', {
      code: 'no_key',
      hint: 'Pipe it in with --api-key-stdin, let --key-command print it, or set LD_API_KEY. There is no flag that holds it.',
    });
  }
  context.guard(key);
  const apiUrl = given.apiUrl.value;
  while (changes.check) {
    try {
      const core = context.core({ apiUrl, key });
      const id = tenantId;
      const known = await context.during('Checking the key', () => core.keyContext(id, { signal }));
      context.say(keyText(known, context.host.clock.now()));
      return { tenantId, key, apiUrl, known };
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const isKey = error.status === 401;
      if (!isKey && error.status !== 403 && error.status !== 404) throw error;
      error.hint = isKey
        ? 'Nothing was stored. Check that the key is whole, and has not expired or been revoked.'
        : "Nothing was stored. The tenant is not this key's, or this address is not on the key's list.";
      if (!prompts || (isKey && (!changes.key || command !== undefined))) throw error;
      context.warn(error.message);
      if (isKey) key = await askKey(prompts);
      else tenantId = await askTenant(prompts, undefined);
    }
  }
  return { tenantId, key, apiUrl, known: null };
}

/** Asks until the answer can be read. */
async function answer<T>(prompts: Prompts, message: string, parse: (text: string) => T, preset?: string): Promise<T> {
  const validate = (text: string): true | string => {
    try {
      parse(text.trim());
      return true;
    } catch (error) {
      return error instanceof LdctlError ? (error.hint ?? error.message) : String(error);
    }
  };
  return parse((await prompts.text(message, { default: preset, validate })).trim());
}

/** Asks for a key, masked. @param found one that Enter takes */
async function typedKey(prompts: Prompts, found: ApiKey | null): Promise<ApiKey> {
  refuseDebuggedStreams('the key');
  const message = found ? `API key (Enter takes ${found.mask()} from the environment):` : 'API key:';
  const text = await prompts.secret(message, (typed) => {
    if (typed.trim() === '') return found !== null || 'Paste the key; it is not shown.';
    return isApiKeyText(typed.trim()) || 'A key is one line of visible ASCII characters without spaces.';
  });
  return text.trim() === '' && found ? found : parseApiKey(text, 'what was typed');
}

async function pipedKey({ host, signal }: CommandContext): Promise<ApiKey> {
  refuseDebuggedStreams('the key');
  const text = await readStdin(host, signal, LONGEST_KEY_TEXT);
  if (text.length > LONGEST_KEY_TEXT) throw new UsageError('stdin holds far more than a key', { code: 'invalid_key' });
  return parseApiKey(text, 'stdin');
}

/** `key sandbox admin (role admin), expires in 200 days` */
function keyText({ name, role_name: role, expiry_at: expiresAt }: KeyContext, now: number): string {
  const expiry = expiresAt ? expiryOf(expiresAt, now) : null;
  const end = expiry ? `${expiry.expired ? 'expired' : 'expires'} ${expiry.text}` : 'does not say when it expires';
  return plainText(`key ${name} (role ${role}), ${end}`);
}

/**
 * Where the profile acts: looked up in the tenant's structure, or chosen from it by the user. An id with a supervisor URL
 * needs no look-up, so that a key without `info:read` will do. Without the API's word on the key it is what was given.
 * @throws LdctlError (exit 5) when it is not found, ambiguous, or has no supervisor URL; the errors of the Core API
 */
async function placeFields(
  { deployment, supervisorUrl }: Settings,
  isNew: boolean,
  access: Access | null,
  context: CommandContext,
): Promise<Partial<Profile>> {
  const { prompts } = context;
  // A user chooses, whatever the environment says. Its supervisor goes with its deployment only: one that was left over
  // would be stored, and be sent the key ever after.
  const ref = deployment && (deployment.source.from !== 'env' || !prompts) ? deployment.value : null;
  const fits = supervisorUrl?.source.from !== 'env' || (ref && deployment?.source.from === 'env');
  const url = (fits && supervisorUrl?.value) || null;
  const asGiven = {
    deployment_id: ref?.id ?? undefined,
    deployment_name: ref?.name ?? undefined,
    supervisor_url: url ? urlText(url) : undefined,
  };
  if (!access?.known || (!ref && !(isNew && prompts))) return asGiven;
  const structure = await structureFor(access, asGiven.deployment_id !== undefined && url !== null, context);
  if (!structure) return asGiven;
  const placed = ref ? findDeployment(structure, ref) : prompts && (await pick(structure, prompts, context));
  if (!placed) return asGiven;
  const { permissions } = access.known;
  if (isGranted(permissions, 'manage', placed) === false) {
    const may = isGranted(permissions, 'read', placed) ? 'list its activities, and trigger none' : 'do nothing';
    context.warn(`this key lacks deployment:manage on ${placeText(placed)}: it may ${may}`);
  }
  const { id, name, variant, supervisor_url: known } = placed.deployment;
  const what = `The API knows no supervisor URL for ${plainText(`${name} (${variant})`)}. Its own is:`;
  const parse = (text: string): URL => parseBaseUrl(text, 'the supervisor URL');
  const found =
    url ?? (known === null && prompts ? await answer(prompts, what, parse) : supervisorUrlOf(placed.deployment));
  return { deployment_id: id, deployment_name: name, supervisor_url: urlText(found) };
}

/** @returns null where the key may not look, and need not, since all that is looked for is known */
async function structureFor(
  access: Access,
  isKnown: boolean,
  context: CommandContext,
): Promise<TenantStructure | null> {
  const { signal } = context;
  try {
    return await context.during('Fetching the deployments', () =>
      context.core(access).structure(access.tenantId, { signal }),
    );
  } catch (error) {
    if (!isKnown || !(error instanceof ApiError) || error.status !== 403) throw error;
    context.warn('this key lacks info:read: the deployment was stored as it was given, and not looked up');
    return null;
  }
}

async function pick(structure: TenantStructure, prompts: Prompts, context: CommandContext) {
  const choices = placedDeployments(structure).map((placed) => {
    const { id, cloud, region, tier, variant } = placed.deployment;
    const description = plainText([id, cloud, region, tier, variant].filter((part) => part !== null).join(', '));
    return { value: placed, name: placeText(placed), description };
  });
  if (choices.length > 0) return prompts.choose('Deployment:', choices);
  context.warn(`this key sees no deployment in tenant ${plainText(structure.name)}; the profile gets none`);
  return null;
}

/** Keeps a key where the user wants it. A keyring that cannot be used is no dead end. @throws KeyringError; Interrupted */
async function keepKey(
  name: string,
  key: ApiKey,
  flags: ProfileFlags,
  stored: Profile | null,
  context: CommandContext,
): Promise<ProfileKey> {
  const { prompts, host, signal } = context;
  const command = flags['key-command'];
  if (command !== undefined) return { store: 'command', command };
  let preset: 'keyring' | 'file' = 'keyring';
  let where = flags['key-store'] ?? (stored?.key.store === 'command' ? undefined : stored?.key.store);
  for (;;) {
    where ??= prompts
      ? await prompts.choose<'keyring' | 'file'>(
          'Where should the key be kept?',
          [
            { value: 'keyring', name: "In the system's keyring" },
            { value: 'file', name: 'In a file that only you can read', description: context.store.path },
          ],
          preset,
        )
      : 'keyring';
    if (where === 'file') return { store: 'file', api_key: key };
    // Under a new account each time: what is stored there stays good until the profile points to the new one.
    const account = `${name}.${randomBytes(4).toString('hex')}`;
    try {
      await context.during('Storing the key in the keyring', () => host.keyring.set(account, key, signal));
      return { store: 'keyring', account };
    } catch (error) {
      if (!(error instanceof KeyringError)) throw error;
      const else_ =
        'Keep the key in a file that only you can read (--key-store file), or let a command print it (--key-command).';
      const hint = [error.hint, else_].filter((part) => part !== undefined).join(' ');
      if (!prompts) throw new KeyringError(`nothing was stored: ${error.message}`, { code: error.code, hint });
      context.warn([error.message, error.hint].filter((part) => part !== undefined).join('. '));
      where = undefined;
      preset = 'file';
    }
  }
}

/** Takes a key that no profile points to any more out of the keyring; that it cannot be changes nothing that was done. */
async function forgetKey(key: ProfileKey, context: CommandContext): Promise<void> {
  if (key.store !== 'keyring') return;
  try {
    await context.host.keyring.delete(key.account, context.signal);
  } catch (error) {
    if (!(error instanceof KeyringError)) throw error;
    context.warn(`a key was left in the keyring, as ${key.account} of ldctl: ${error.message}`);
  }
}
