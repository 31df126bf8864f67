import { parseBaseUrl } from '../api/base-url.js';
import type { ClientOptions } from '../api/client-options.js';
import { CoreApi } from '../api/core-api.js';
import type { ApiKey } from '../base/secret.js';
import { warningText } from '../output/error.js';
import { painter } from '../output/style.js';
import { configDir } from '../config/config-dir.js';
import type { KeyTools } from '../config/keys.js';
import { resolveSettings, type SettingFlags, type Settings, type SettingsInput } from '../config/settings.js';
import { ProfileStore } from '../config/store.js';
import type { OutputFlags } from './flags.js';
import type { Host } from './host.js';
import { terminalPrompts, type Prompts } from './prompts.js';
import type { Interrupts } from './signals.js';
import { withSpinner } from './spinner.js';
import { traceTo } from './trace.js';

/** The part of the Core API that commands use. */
export type Core = Pick<CoreApi, 'keyContext' | 'structure' | 'deployment'>;

/** What is needed to print. */
export type Printing = Pick<CommandContext, 'host' | 'flags'>;

/**
 * What a command is given: the world around it, the flags that every command has, the profiles, a user who may be asked,
 * and the signal that ends it. A command that acts on a deployment, or asks about one, gets a `ConnectedContext`.
 */
export class CommandContext {
  readonly host: Host;
  readonly flags: OutputFlags;
  readonly interrupts: Interrupts;
  /** Aborted with an `Interrupted`. */
  readonly signal: AbortSignal;
  /** Where profiles and the run journal are kept. */
  readonly folder: string;
  readonly store: ProfileStore;
  /** Null when nobody can be asked. */
  readonly prompts: Prompts | null;

  protected constructor(host: Host, flags: OutputFlags, interrupts: Interrupts, folder: string) {
    this.host = host;
    this.flags = flags;
    this.interrupts = interrupts;
    this.signal = interrupts.signal;
    this.folder = folder;
    this.store = new ProfileStore(folder, host.clock, this.signal);
    this.prompts = terminalPrompts(host, this.signal);
  }

  /** @throws UsageError when there is no folder to keep profiles in */
  static async open(host: Host, flags: OutputFlags, interrupts: Interrupts): Promise<CommandContext> {
    return new CommandContext(host, flags, interrupts, await configDir(host.env));
  }

  /** Says what was done, on stderr; nothing with `--quiet`. */
  say(line: string): void {
    if (!this.flags.quiet) this.host.output.stderr.write(`${line}\n`);
  }

  warn(line: string): void {
    const { stderr } = this.host.output;
    stderr.write(warningText(line, painter(stderr.colour)));
  }

  /** Does something that takes time, and shows that. */
  during<T>(what: string, work: () => Promise<T>): Promise<T> {
    return withSpinner(this.host, this.flags.quiet, what, work);
  }

  /** From now on the key is in no output, whatever says it. @returns the key */
  guard(key: ApiKey): ApiKey {
    this.host.output.redact((text) => key.scrub(text));
    return key;
  }

  /** The Core API for a key. */
  core({ apiUrl, key }: { apiUrl: URL; key: ApiKey }): Core {
    return new CoreApi(this.client(apiUrl, key));
  }

  protected client(url: URL, apiKey: ApiKey): ClientOptions {
    const { clock, random, output, env } = this.host;
    return { url, apiKey, clock, random, env, onTrace: this.flags.debug ? traceTo(output.stderr) : undefined };
  }

  /** What keys are fetched with. */
  get keyTools(): KeyTools {
    const { host } = this;
    const { env, platform, clock, keyring, output } = host;
    return {
      env,
      platform,
      clock,
      keyring,
      get sharesTerminal() {
        return host.stdin.isTTY;
      },
      notify: (line) => output.stderr.write(`${line}\n`),
    };
  }

  /** Settles each setting, from the environment and the stored profiles unless others are given. @throws as `resolveSettings` */
  settle(flags: SettingFlags, from: Partial<Pick<SettingsInput, 'env' | 'readConfig'>> = {}): Settings {
    const { env = this.host.env, readConfig = () => this.store.read() } = from;
    return resolveSettings({ flags, env, readConfig, parseBaseUrl, keys: this.keyTools });
  }
}
