import type { JobTools } from '../activities/job.js';
import { guardLog, type ExpectedTenant } from '../activities/tenant-guard.js';
import { CoreApi } from '../api/core-api.js';
import { parseBaseUrl } from '../api/base-url.js';
import { SupervisorApi } from '../api/supervisor-api.js';
import type { ClientOptions } from '../api/client.js';
import { Interrupted, LdctlError } from '../core/errors.js';
import type { ApiKey } from '../core/secret.js';
import type { Supervisor } from '../core/supervisor.js';
import { configDir } from '../profiles/config-dir.js';
import { ExpiryNotices } from '../profiles/expiry-notices.js';
import { FileJournal } from '../storage/journal.js';
import type { KeyTools } from '../profiles/keys.js';
import { resumeFlags } from '../profiles/origins.js';
import { resolveSettings, type SettingFlags, type Settings } from '../profiles/settings.js';
import { ProfileStore } from '../profiles/store.js';
import { resolveKey, resolveTarget, resolveTenant, type Target, type TargetTools, type TenantAccess } from '../profiles/target.js';
import { warnOfExpiry } from './profiles/expiry-warning.js';
import type { Host } from './host.js';
import { explainDenial, explainLookUp } from './profiles/key-advice.js';
import { resumeCommand } from './activities/resume.js';
import { traceTo } from './trace.js';

/** The flags that decide what a command says besides its result. */
export interface TalkFlags {
  quiet: boolean;
  debug: boolean;
}

/** The flags that decide where a command acts, and what it says about it. */
export type SessionFlags = SettingFlags & TalkFlags;

/** A command's way to the profiles and, through them, to the APIs. */
export class Session {
  readonly settings: Settings;
  readonly store: ProfileStore;
  readonly #host: Host;
  readonly #flags: SessionFlags;
  readonly #folder: string;

  private constructor(host: Host, flags: SessionFlags, folder: string) {
    this.#host = host;
    this.#flags = flags;
    this.#folder = folder;
    this.store = new ProfileStore(folder, host.clock);
    this.settings = resolveSettings({
      flags,
      env: host.env,
      readConfig: () => this.store.read(),
      parseBaseUrl,
      keys: keyTools(host),
    });
  }

  /** @throws UsageError, LdctlError (exit 5) as `resolveSettings` does */
  static async open(host: Host, flags: SessionFlags): Promise<Session> {
    const folder = await configDir(host.env);
    const session = new Session(host, flags, folder);
    warnOfExpiry(host, session.settings, new ExpiryNotices(folder, host.clock));
    return session;
  }

  /** The key alone. @throws as `resolveKey` does */
  async key(signal: AbortSignal): Promise<ApiKey> {
    return this.#guard(await resolveKey(this.settings, signal));
  }

  /** The deployment to act on, and the key for it. @throws as `resolveTarget` does */
  async target(signal: AbortSignal): Promise<Target> {
    const target = await resolveTarget(this.settings, this.#targetTools(), signal);
    this.#guard(target.key);
    return target;
  }

  /** The tenant to ask Core about. @throws as `resolveTenant` does */
  async tenant(signal: AbortSignal): Promise<TenantAccess> {
    const access = await resolveTenant(this.settings, signal);
    this.#guard(access.key);
    return access;
  }

  supervisor({ supervisorUrl, key }: Target): Supervisor {
    const api = new SupervisorApi(clientOptions(this.#host, this.#flags, supervisorUrl.value, key));
    return {
      trigger: (request, options) => this.#explained(key, api.trigger(request, options)),
      list: (deploymentId, query, options) => this.#explained(key, api.list(deploymentId, query, options)),
    };
  }

  core({ apiUrl, key }: { apiUrl: URL; key: ApiKey }): Pick<CoreApi, 'keyContext' | 'structure'> {
    const api = coreApi(this.#host, this.#flags, { apiUrl, key });
    return {
      keyContext: (tenantId, options) => this.#explained(key, api.keyContext(tenantId, options)),
      structure: (tenantId, options) => this.#explained(key, api.structure(tenantId, options), explainLookUp),
    };
  }

  /**
   * Stores when the key expires, if it is a profile's own, used for the profile's own tenant. For later warnings only:
   * where it cannot be stored, nothing is said.
   */
  async rememberExpiry(expiresAt: string | null, signal: AbortSignal): Promise<void> {
    const { profile, key, tenantId } = this.settings;
    if (!profile || key?.source.from !== 'profile' || tenantId?.source.from !== 'profile') return;
    if (profile.expiresAt === expiresAt) return;
    const store = new ProfileStore(this.#folder, this.#host.clock, signal);
    try {
      await store.update(profile.name, (stored) => ({ ...stored, expires_at: expiresAt ?? undefined }));
    } catch (error) {
      if (error instanceof Interrupted || !(error instanceof LdctlError)) throw error;
    }
  }

  /** The flags of a later command that is to act on the same target, as the same user. */
  resumeFlags(target: Target): string[] {
    return resumeFlags(this.settings, target);
  }

  jobTools(target: Target, signal: AbortSignal): JobTools {
    const { clock, random } = this.#host;
    const flags = this.resumeFlags(target);
    return {
      supervisor: this.supervisor(target),
      clock,
      random,
      signal,
      journal: new FileJournal(this.#folder, clock, signal),
      resumeCommand: (resume) => resumeCommand(resume, flags),
    };
  }

  /** For jobs that send something: they stop before that when the log is not what is known of the target. */
  actingTools(target: Target, signal: AbortSignal): JobTools {
    const tools = this.jobTools(target, signal);
    return { ...tools, supervisor: guardLog(tools.supervisor, expectedTenant(this.settings)) };
  }

  #targetTools(): TargetTools {
    return {
      parseBaseUrl,
      lookUpStructure: (access, signal) => {
        this.#guard(access.key);
        return this.core(access).structure(access.tenantId, { signal });
      },
    };
  }

  /** From now on the key is in no output, whatever says it. */
  #guard(key: ApiKey): ApiKey {
    this.#host.output.redact((text) => key.scrub(text));
    return key;
  }

  async #explained<T>(key: ApiKey, call: Promise<T>, explain?: (error: unknown) => unknown): Promise<T> {
    try {
      return await call;
    } catch (error) {
      explainDenial(error, key, this.settings, this.#host.clock.now());
      explain?.(error);
      throw error;
    }
  }
}

/** The tenant that is known of the target, and who says so. */
function expectedTenant({ tenantId }: Settings): ExpectedTenant | null {
  if (tenantId === null || !('name' in tenantId.source)) return null;
  const { from, name } = tenantId.source;
  const mends = `\`ldctl profiles show ${name}\` shows what it holds; \`ldctl profiles update\` mends it.`;
  const hint = from === 'profile' ? mends : `Check ${name}, and the deployment.`;
  return { tenantId: tenantId.value, origin: from === 'profile' ? `profile ${name}` : name, hint };
}

/** The Core API for a key, as the user's flags have it. */
export function coreApi(host: Host, flags: TalkFlags, { apiUrl, key }: { apiUrl: URL; key: ApiKey }): CoreApi {
  return new CoreApi(clientOptions(host, flags, apiUrl, key));
}

function clientOptions({ clock, random, output }: Host, { debug }: TalkFlags, url: URL, apiKey: ApiKey): ClientOptions {
  return { url, apiKey, clock, random, onTrace: debug ? traceTo(output.stderr) : undefined };
}

export function keyTools(host: Host): KeyTools {
  return {
    env: host.env,
    clock: host.clock,
    keyring: host.keyring,
    notify: (line) => host.output.stderr.write(`${line}\n`),
  };
}
