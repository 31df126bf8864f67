import type { ClientOptions } from '../api/client.js';
import { CoreApi } from '../api/core-api.js';
import { SupervisorApi } from '../api/supervisor-api.js';
import { openDeployment, type Core, type OpenDeployment } from '../app/open.js';
import type { ApiError } from '../base/errors.js';
import type { Id } from '../base/ids.js';
import type { ApiKey } from '../base/secret.js';
import type { Supervisor } from '../base/supervisor.js';
import { plainText } from '../base/text.js';
import { openRunJournal } from '../config/journal.js';
import { expiryWarning } from '../config/key-life.js';
import type { KeyTools } from '../config/keys.js';
import { hintOfEnd, NodeNameStore } from '../config/node-names.js';
import { ProfileStore, type Profile } from '../config/profiles.js';
import { explainRefusal } from '../config/refusals.js';
import {
  protectorOf,
  resolveSettings,
  overridingVariables,
  type SettingFlags,
  type Settings,
  type SettingsInput,
} from '../config/settings.js';
import { deploymentText, type Target, type TenantAccess } from '../config/target.js';
import { sentence, warningText } from '../output/sentence.js';
import type { Host } from './host.js';
import type { Prompts } from './prompts.js';
import type { Interrupts } from './signals.js';

/**
 * What a command is given: the world around it, its flags, the profiles, a user who may be asked,
 * the signal that ends it, the settings, and the way to the APIs.
 */
export class CommandContext {
  /** Aborted with an `Interrupted`. */
  readonly signal: AbortSignal;
  readonly store: ProfileStore;
  readonly nodeNames: NodeNameStore;
  /** What keys are fetched with. */
  readonly keyTools: KeyTools;
  /** Of the first page that listed any. */
  #nodes: readonly Id[] = [];
  #settings: Settings | undefined;
  #deployment: Promise<OpenDeployment> | undefined;
  #opened: OpenDeployment | undefined;
  #core: { key: ApiKey; api: Core } | undefined;

  /**
   * @param folder where profiles and the run journal are kept
   * @param prompts null where there is no one to ask
   */
  constructor(
    readonly host: Host,
    private readonly flags: SettingFlags,
    readonly interrupts: Interrupts,
    readonly folder: string,
    readonly prompts: Prompts | null,
  ) {
    const { env, keyring } = host;
    this.signal = interrupts.signal;
    this.store = new ProfileStore(folder, host.clock, this.signal);
    this.nodeNames = new NodeNameStore(folder, this.store);
    this.keyTools = { env, keyring, sharesTerminal: host.stdin.isTTY };
  }

  /**
   * Where to act, and as whom.
   * @throws UsageError, LdctlError (exit 5) as `resolveSettings` does
   */
  get settings(): Settings {
    return (this.#settings ??= this.resolve(this.flags));
  }

  /** The profile that protects the deployment; by what the settings say, until it is opened. */
  get protector(): Profile | null {
    return protectorOf(this.settings, this.#opened?.target.deployment);
  }

  /** Says which variables do not count, and that the key expires soon. */
  saySettings() {
    const { profile } = this.settings;
    const ignored = overridingVariables(this.host.env).join(', ');
    if (profile?.source.from === 'flag' && ignored) {
      this.say(`--profile ${profile.name}: ignoring ${ignored} from the environment`);
    }
    const warning = expiryWarning(this.settings, this.host.clock.now());
    if (warning !== null) this.warn(warning);
  }

  /** Says what was done, on stderr; nothing with `--quiet`. */
  say(line: string) {
    const { stderr, options } = this.host.output;
    if (options.quiet) return;
    for (const one of line.split('\n')) stderr.write(sentence(stderr, one));
  }

  warn(line: string) {
    const { stderr } = this.host.output;
    stderr.write(warningText(stderr, line));
  }

  /**
   * Does something that takes time, and says so while it lasts: nothing off a terminal, and with
   * `--quiet`.
   */
  async during<T>(text: string, work: () => Promise<T>): Promise<T> {
    const { output, stderr: stream } = this.host;
    // On a pseudo-terminal that says 0 columns, ora would never return.
    const canSpin = output.stderr.canRedraw && stream.columns > 0;
    if (output.options.quiet || !canSpin) return work();
    const { default: ora } = await import('ora');
    // Left alone, stdin keeps its Ctrl-C a signal, which aborts the work.
    const spinner = ora({
      text,
      color: false,
      isEnabled: true,
      discardStdin: false,
      stream,
    }).start();
    return work().finally(() => spinner.stop());
  }

  /** From now on the key is in no output, whatever says it. @returns the key */
  guard(key: ApiKey): ApiKey {
    this.host.output.redact(key);
    return key;
  }

  /**
   * Each setting, from the environment and the stored profiles unless others are given.
   * @throws as `resolveSettings`
   */
  resolve(
    flags: SettingFlags,
    from: Partial<Pick<SettingsInput, 'env' | 'config'>> = {},
  ): Settings {
    const { env = this.host.env, config = this.store.read() } = from;
    const settings = resolveSettings({ flags, env, config, keys: this.keyTools });
    const { key } = settings;
    return {
      ...settings,
      key: key && { ...key, fetch: async (signal) => this.guard(await key.fetch(signal)) },
    };
  }

  /** Says of which id a node is the end, if the log has shown that one and not the node. */
  sayWholeIds(nodes: readonly Id[] = []) {
    for (const node of nodes.filter((one) => !this.#nodes.includes(one))) {
      const hint = hintOfEnd(node, this.#nodes);
      if (hint) this.say(`hint: ${hint}`);
    }
  }

  /** The deployment to act on, opened once. @throws as `openDeployment` does */
  deployment(): Promise<OpenDeployment> {
    return (this.#deployment ??= this.#openDeployment());
  }

  /** What the deployment is called: its path, where that can be had; else its name or id. */
  async place(): Promise<string> {
    const { target, nameTarget } = await this.deployment();
    await nameTarget();
    return deploymentText(target.deployment);
  }

  async #openDeployment(): Promise<OpenDeployment> {
    const { clock, output } = this.host;
    const opened = await openDeployment(this.settings, {
      clock,
      signal: this.signal,
      newKey: () => this.host.newIdempotencyKey(),
      say: (line) => this.say(line),
      journal: openRunJournal(this.folder, clock),
      supervisor: (target) => this.#supervisor(target),
      core: (access) => this.core(access),
    });
    output.names = this.nodeNames.read(opened.deploymentId);
    this.#opened = opened;
    return opened;
  }

  #supervisor({ supervisorUrl, key, deployment }: Target): Supervisor {
    const api = new SupervisorApi(this.#client(supervisorUrl.value, key, deployment));
    const list: Supervisor['list'] = async (...asked) => {
      const page = await api.list(...asked);
      if (this.#nodes.length === 0) this.#nodes = page.items.map(({ node_id }) => node_id);
      return page;
    };
    const trigger: Supervisor['trigger'] = (...asked) => {
      this.host.mayBeSent = true;
      return api.trigger(...asked);
    };
    return { trigger, list };
  }

  /** The Core API for a key, by one client. */
  core({ apiUrl, key }: Pick<TenantAccess, 'apiUrl' | 'key'>): Core {
    if (this.#core?.key !== key) {
      this.#core = { key, api: new CoreApi(this.#client(apiUrl, key)) };
    }
    return this.#core.api;
  }

  #client(url: URL, apiKey: ApiKey, deployment?: Target['deployment']): ClientOptions {
    const { clock, output, agent } = this.host;
    const onTrace = (line: string) => output.stderr.write(`debug: ${plainText(line)}\n`);
    const onRefusal = (error: ApiError): ApiError => {
      const settings = this.#settings;
      const asking = { url, apiKey, deployment, nodes: this.#nodes };
      return settings ? explainRefusal(error, { ...asking, settings }) : error;
    };
    return {
      url,
      apiKey,
      clock,
      agent,
      onRefusal,
      onTrace: output.options.debug ? onTrace : undefined,
    };
  }
}
