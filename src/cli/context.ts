import { setFlagsFromString } from 'node:v8';
import type { ClientOptions, TraceEvent } from '../api/client.js';
import { CoreApi } from '../api/core-api.js';
import { SupervisorApi } from '../api/supervisor-api.js';
import { formatDuration } from '../base/durations.js';
import { LdctlError } from '../base/errors.js';
import type { Id } from '../base/ids.js';
import type { ApiKey } from '../base/secret.js';
import type { ActivityPage, Supervisor } from '../base/supervisor.js';
import { plainText } from '../base/text.js';
import type { TenantStructure } from '../api/core-api.js';
import type { KeyTools } from '../config/keys.js';
import { ProfileStore } from '../config/profiles.js';
import {
  configDir,
  resolveSettings,
  type SettingFlags,
  type Settings,
  type SettingsInput,
} from '../config/settings.js';
import {
  expiryWarning,
  explainDenial,
  explainDeployment,
  findDeployment,
  neededKey,
  placedDeployments,
  placeText,
  resolveTarget,
  resolveTenant,
  type Target,
  type TenantAccess,
} from '../config/target.js';
import { warningText } from '../output/error.js';
import type { ConnectionFlags, OutputFlags } from './flags.js';
import type { Host } from './host.js';
import { terminalPrompts, type Prompts } from './prompts.js';
import type { Interrupts } from './signals.js';

/** Where nothing hangs on it, Core is not waited for any longer. */
const PLACE_MS = 2000;

/** A page is soon let go of; V8 would first let its heap grow to twice what a short read takes, in Node 24 to three times. */
const EARLY_COLLECTION = ['--semi-space-growth-factor=1', '--heap-growing-percent=50'];
const MANY_READS = 20;

/** The part of the Core API that commands use. */
export type Core = Pick<CoreApi, 'keyContext' | 'structure' | 'deployment'>;

/** What is needed to print. */
export type Printing = Pick<CommandContext, 'host' | 'flags'>;

/**
 * What a command is given: the world around it, its flags, the profiles, a user who may be asked, and the signal that
 * ends it; and once it is connected, the settings, and the way to the APIs.
 */
export class CommandContext {
  /** Aborted with an `Interrupted`. */
  readonly signal: AbortSignal;
  readonly store: ProfileStore;
  /** Null when there is no one to ask. */
  readonly prompts: Prompts | null;
  /** What keys are fetched with. */
  readonly keyTools: KeyTools;
  #isPageSeen = false;
  #settings: Settings | null = null;
  #structure: TenantStructure | null = null;

  /** @param folder where profiles and the run journal are kept */
  protected constructor(
    readonly host: Host,
    readonly flags: OutputFlags,
    readonly interrupts: Interrupts,
    readonly folder: string,
  ) {
    const { env, keyring } = host;
    this.signal = interrupts.signal;
    this.store = new ProfileStore(folder, host.clock, this.signal);
    this.prompts = terminalPrompts(host, this.signal);
    this.keyTools = { env, keyring, sharesTerminal: host.stdin.isTTY };
  }

  /** @throws UsageError when there is no folder to keep profiles in */
  static async open(host: Host, flags: OutputFlags, interrupts: Interrupts): Promise<CommandContext> {
    return new CommandContext(host, flags, interrupts, await configDir(host.env));
  }

  /** For a command that asks an API. @throws UsageError, LdctlError (exit 5) as `resolveSettings` does */
  static async connect(
    host: Host,
    flags: OutputFlags & ConnectionFlags,
    interrupts: Interrupts,
  ): Promise<CommandContext> {
    const context = await CommandContext.open(host, flags, interrupts);
    context.#settings = context.resolve(flags);
    const warning = expiryWarning(context.settings, host.clock.now());
    if (warning !== null) context.warn(warning);
    return context;
  }

  /** Of a context that is connected. */
  get settings(): Settings {
    return (this.#settings ??= this.resolve({}));
  }

  /** Says what was done, on stderr; nothing with `--quiet`. */
  say(line: string): void {
    if (!this.flags.quiet) this.host.output.stderr.write(`${line}\n`);
  }

  warn(line: string): void {
    const { stderr } = this.host.output;
    stderr.write(warningText(stderr, line));
  }

  /** Does something that takes time, and says so while it lasts: nothing off a terminal, and with `--quiet`. */
  async during<T>(text: string, work: () => Promise<T>): Promise<T> {
    const { output, stderr: stream } = this.host;
    if (this.flags.quiet || !output.stderr.canRedraw) return work();
    const { default: ora } = await import('ora');
    // Left alone, stdin keeps its Ctrl-C a signal, which aborts the work.
    const spinner = ora({ text, color: output.stderr.colour ? 'blue' : false, discardStdin: false, stream });
    spinner.start();
    return work().finally(() => spinner.stop());
  }

  /** From now on the key is in no output, whatever says it. @returns the key */
  guard(key: ApiKey): ApiKey {
    this.host.output.redact((text) => key.scrub(text));
    return key;
  }

  /** Each setting, from the environment and the stored profiles unless others are given. @throws as `resolveSettings` */
  resolve(flags: SettingFlags, from: Partial<Pick<SettingsInput, 'env' | 'readConfig'>> = {}): Settings {
    const { env = this.host.env, readConfig = () => this.store.read() } = from;
    const notify = (line: string): void => this.host.output.stderr.write(`${line}\n`);
    const settings = resolveSettings({ flags, env, readConfig, keys: this.keyTools, notify });
    const { key } = settings;
    return { ...settings, key: key && { ...key, fetch: async (signal) => this.guard(await key.fetch(signal)) } };
  }

  /** The key alone. @throws as `neededKey` does */
  key(): Promise<ApiKey> {
    return neededKey(this.settings).fetch(this.signal);
  }

  /** The tenant to ask Core about. @throws as `resolveTenant` does */
  tenant(): Promise<TenantAccess> {
    return resolveTenant(this.settings, this.signal);
  }

  /** The deployment to act on, and the key for it. @throws as `resolveTarget` does */
  target(): Promise<Target> {
    const lookUp = async (access: TenantAccess): Promise<TenantStructure> =>
      (this.#structure = await this.core(access).structure(access.tenantId, { signal: this.signal }));
    return resolveTarget(this.settings, lookUp, this.signal);
  }

  /**
   * Where a deployment stands, as `division/environment/name`. Known without asking where it was looked up by its name.
   * @returns null where that cannot be had in two seconds
   */
  async placeOf({ deployment, key }: Target): Promise<{ name: string; path: string } | null> {
    const { tenantId, apiUrl } = this.settings;
    if (!this.#structure && !tenantId) return null;
    try {
      const signal = AbortSignal.any([this.signal, AbortSignal.timeout(PLACE_MS)]);
      this.#structure ??= await this.core({ apiUrl: apiUrl.value, key }).structure(tenantId?.value ?? 0n, { signal });
      const placed = findDeployment(this.#structure, { id: deployment.id, name: null });
      return { name: placed.deployment.name, path: placeText(placed) };
    } catch (error) {
      this.signal.throwIfAborted();
      if (error instanceof LdctlError || !(error instanceof Error) || error.name === 'TimeoutError') return null;
      throw error;
    }
  }

  supervisor({ supervisorUrl, key, deployment: { id, name } }: Target): Supervisor {
    const api = new SupervisorApi(this.#client(supervisorUrl.value, key));
    let reads = 0;
    return {
      trigger: (request, options) =>
        this.#explained(key, api.trigger(request, options)).catch((error: unknown) => {
          explainDeployment(error, id, name ?? this.#nameOf(id));
          throw error;
        }),
      list: async (deploymentId, query, options) => {
        reads += 1;
        if (reads === MANY_READS) for (const flag of EARLY_COLLECTION) setFlagsFromString(flag);
        const page = await this.#explained(key, api.list(deploymentId, query, options));
        await this.#remember(page);
        return page;
      },
    };
  }

  /** Where its structure was looked up. */
  #nameOf(id: Id): string | undefined {
    const all = this.#structure ? placedDeployments(this.#structure) : [];
    return all.find(({ deployment }) => deployment.id === id)?.deployment.name;
  }

  /** The Core API for a key. */
  core({ apiUrl, key }: { apiUrl: URL; key: ApiKey }): Core {
    const api = new CoreApi(this.#client(apiUrl, key));
    return {
      keyContext: (tenantId, options) => this.#explained(key, api.keyContext(tenantId, options)),
      structure: (tenantId, options) => this.#explained(key, api.structure(tenantId, options)),
      deployment: (at, options) => this.#explained(key, api.deployment(at, options)),
    };
  }

  /** For completion, the first page that is read: mostly the newest. A script presses no Tab. */
  async #remember({ items }: ActivityPage): Promise<void> {
    if (this.#isPageSeen || items.length === 0 || !this.prompts) return;
    this.#isPageSeen = true;
    (await import('./completion.js')).rememberEntries(this.folder, items);
  }

  #client(url: URL, apiKey: ApiKey): ClientOptions {
    const { clock, output } = this.host;
    const onTrace = (event: TraceEvent) => output.stderr.write(`${traceText(event)}\n`);
    return { url, apiKey, clock, onTrace: this.flags.debug ? onTrace : undefined };
  }

  /** Has a failure say which key it was, and what to do about it; before it is connected there is no such setting yet. */
  async #explained<T>(key: ApiKey, call: Promise<T>): Promise<T> {
    try {
      return await call;
    } catch (error) {
      if (this.#settings) explainDenial(error, key, this.#settings);
      throw error;
    }
  }
}

/** `--debug`: a line for each try of each request. There is no key in what it is told. */
function traceText(event: TraceEvent): string {
  const { method, url, attempt, status, requestId, durationMs, error, retryInMs } = event;
  const parts = [
    `debug: ${method} ${url}`,
    attempt > 1 ? `try ${attempt}` : null,
    status === null ? 'no answer' : String(status),
    `in ${durationMs}ms`,
    requestId === null ? null : `ld-request ${requestId}`,
    error,
    retryInMs === null ? null : `again in ${formatDuration(retryInMs)}`,
  ];
  return plainText(parts.filter((part) => part !== null).join(', '));
}
