import { SupervisorApi } from '../api/supervisor-api.js';
import { Interrupted, LdctlError } from '../base/errors.js';
import type { ApiKey } from '../base/secret.js';
import type { Supervisor } from '../base/supervisor.js';
import { configDir } from '../config/config-dir.js';
import { ExpiryNotices } from '../config/expiry-notices.js';
import { resumeFlags } from '../config/origins.js';
import type { Settings } from '../config/settings.js';
import { resolveKey, resolveTarget, resolveTenant, type Target, type TenantAccess } from '../config/target.js';
import { parseBaseUrl } from '../api/base-url.js';
import type { DeploymentTools } from '../library/deployment-tools.js';
import { expectedTenant } from '../library/expected-tenant.js';
import { journalsIn } from '../library/journals.js';
import type { LaterCommand } from '../library/resume-command.js';
import { keepNodes } from '../config/old-journal.js';
import { SeenValues } from '../config/seen.js';
import { userShell } from '../system/shell.js';
import { SeenNotes } from './completion/seen-notes.js';
import { CommandContext, type Core } from './context.js';
import type { ConnectionFlags, OutputFlags } from './flags.js';
import { isInteractive, type Host } from './host.js';
import { explainDenial, explainLookUp, warnOfExpiry } from './profiles/key-advice.js';
import type { Interrupts } from './signals.js';

/** What a command is given that acts on a deployment, or asks about one: with it, the settings, and the way to the APIs. */
export class ConnectedContext extends CommandContext {
  readonly settings: Settings;
  readonly #seen: SeenNotes;

  private constructor(host: Host, flags: OutputFlags & ConnectionFlags, interrupts: Interrupts, folder: string) {
    super(host, flags, interrupts, folder);
    this.settings = this.settle(flags);
    this.#seen = new SeenNotes(new SeenValues(folder, host.clock), isInteractive(host));
  }

  /** @throws UsageError, LdctlError (exit 5) as `resolveSettings` does */
  static async connect(
    host: Host,
    flags: OutputFlags & ConnectionFlags,
    interrupts: Interrupts,
  ): Promise<ConnectedContext> {
    const context = new ConnectedContext(host, flags, interrupts, await configDir(host.env));
    warnOfExpiry(context, context.settings, new ExpiryNotices(context.folder, host.clock));
    return context;
  }

  /** The key alone. @throws as `resolveKey` does */
  async key(): Promise<ApiKey> {
    return this.guard(await resolveKey(this.settings, this.signal));
  }

  /** The deployment to act on, and the key for it. @throws as `resolveTarget` does */
  async target(): Promise<Target> {
    const target = await resolveTarget(
      this.settings,
      {
        parseBaseUrl,
        lookUpStructure: (access, signal) => {
          this.guard(access.key);
          return this.core(access).structure(access.tenantId, { signal });
        },
      },
      this.signal,
    );
    this.guard(target.key);
    return target;
  }

  /** The tenant to ask Core about. @throws as `resolveTenant` does */
  async tenant(): Promise<TenantAccess> {
    const access = await resolveTenant(this.settings, this.signal);
    this.guard(access.key);
    return access;
  }

  supervisor({ supervisorUrl, key }: Target): Supervisor {
    const api = new SupervisorApi(this.client(supervisorUrl.value, key));
    return {
      trigger: (request, options) => this.#explained(key, api.trigger(request, options)),
      list: (deploymentId, query, options) =>
        this.#explained(key, this.#seen.page(deploymentId, api.list(deploymentId, query, options))),
    };
  }

  override core(access: { apiUrl: URL; key: ApiKey }): Core {
    const api = super.core(access);
    return {
      keyContext: (tenantId, options) => this.#explained(access.key, api.keyContext(tenantId, options)),
      structure: (tenantId, options) =>
        this.#explained(access.key, this.#seen.structure(api.structure(tenantId, options)), explainLookUp),
      deployment: (at, options) => this.#explained(access.key, api.deployment(at, options)),
    };
  }

  /**
   * Stores when the key expires, if it is a profile's own, used for the profile's own tenant. For later warnings only:
   * where it cannot be stored, nothing is said.
   */
  async rememberExpiry(expiresAt: string | null): Promise<void> {
    const { profile, key, tenantId } = this.settings;
    if (!profile || key?.source.from !== 'profile' || tenantId?.source.from !== 'profile') return;
    if (profile.expiresAt === expiresAt) return;
    try {
      await this.store.update(profile.name, (stored) => ({ ...stored, expires_at: expiresAt ?? undefined }));
    } catch (error) {
      if (error instanceof Interrupted || !(error instanceof LdctlError)) throw error;
    }
  }

  /** For the commands that are to act on the same target later, as the same user. */
  later(target: Target): LaterCommand {
    return { target: resumeFlags(this.settings, target), shell: userShell(this.host) };
  }

  /** What jobs on the target are done with. */
  deploymentTools(target: Target): DeploymentTools {
    const { clock, random } = this.host;
    return {
      deploymentId: target.deployment.id,
      supervisor: this.supervisor(target),
      expectedTenant: expectedTenant(this.settings),
      clock,
      random,
      journals: journalsIn(this.folder, clock, { isOfCommands: true }),
      later: this.later(target),
      keepNodes: (nodes) => keepNodes(this.folder, nodes),
    };
  }

  /** Remembers a key that the run journal keeps, for completion. @param what was triggered with it */
  rememberKey(key: string, what: string): void {
    this.#seen.key(key, what);
  }

  async #explained<T>(key: ApiKey, call: Promise<T>, explain?: (error: unknown) => unknown): Promise<T> {
    try {
      return await call;
    } catch (error) {
      explainDenial(error, key, this.settings, this.host.clock.now());
      explain?.(error);
      throw error;
    }
  }
}
