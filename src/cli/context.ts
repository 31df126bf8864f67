import type { ClientOptions } from '../api/client.js';
import { CoreApi } from '../api/core-api.js';
import { SupervisorApi } from '../api/supervisor-api.js';
import { openAccount, type Account, type Core, type Endpoint } from '../app/account.js';
import { openDeployment, type OpenDeployment } from '../app/open.js';
import { LdctlError, usageError, type ApiError } from '../base/errors.js';
import type { Id } from '../base/ids.js';
import { once } from '../base/once.js';
import type { ApiKey } from '../base/secret.js';
import type { Supervisor } from '../base/supervisor.js';
import { plainText, type Env } from '../base/text.js';
import { openRunJournal } from '../config/journal.js';
import { expiryWarning } from '../config/key-life.js';
import type { KeyTools } from '../config/keys.js';
import { hintOfEnd, readNodeNames } from '../config/node-names.js';
import { openProfiles, type ProfileStore } from '../config/profiles.js';
import { explainRefusal, type Asking } from '../config/refusals.js';
import {
  resolveSettings,
  overridingVariables,
  variableIn,
  type DeploymentRef,
  type DeploymentSettings,
  type Folders,
  type SettingFlags,
  type Settings,
} from '../config/settings.js';
import { deploymentsCalled, placedDeployments, placeText } from '../config/structure.js';
import { flagsOfEach, flagsOfOne, hasDeployment, type TargetFlags } from '../config/targets.js';
import { hadNoEffect } from '../job/answer.js';
import { sentence, warningText } from '../output/sentence.js';
import type { Host } from './host.js';
import type { Prompts } from './asking/prompts.js';
import type { Interrupts } from './signals.js';

/** What a request is about, beside where it goes. */
type About = Omit<Asking, keyof Endpoint>;

/** One deployment to act on, by settings of its own. */
export interface Target {
  readonly settings: Settings;
  readonly account: Account;
  /** Opens it, once. @throws as `openDeployment` */
  open(): Promise<OpenDeployment>;
}

/**
 * What a command is given: the world around it, its flags, the profiles, a user who may be asked,
 * the signal that ends it, the settings, and the way to the APIs.
 */
export class CommandContext {
  /** Aborted with an `Interrupted`. */
  readonly signal: AbortSignal;
  readonly store: ProfileStore;
  /** What keys are fetched with. */
  readonly keyTools: KeyTools;
  /** Of each log, those on its first page that listed any. */
  readonly #nodes: Id[][] = [];
  /** By the profile that `--profile` names. */
  readonly #accounts = new Map<string | undefined, Account>();
  #targets: readonly Target[] | undefined;
  readonly #said = new Set<string>();

  /**
   * @param folders where profiles, the names of nodes and the run journal are kept
   * @param prompts null where there is no one to ask
   */
  constructor(
    readonly host: Host,
    private readonly flags: TargetFlags,
    readonly interrupts: Interrupts,
    readonly folders: Folders,
    readonly prompts: Prompts | null,
  ) {
    const { env, keyring } = host;
    this.signal = interrupts.signal;
    this.store = openProfiles(folders.config, host.clock, this.signal);
    this.keyTools = { env, keyring, sharesTerminal: host.unaskedBy === null && host.stdin.isTTY };
  }

  /** When the reader of stdout goes away, nothing more is read either. */
  get reading() {
    const { clock, output } = this.host;
    return { clock, signal: AbortSignal.any([this.signal, output.stdout.gone]) };
  }

  /**
   * The deployments to act on, in the order given: one, unless `findTargets` has found several.
   * @throws UsageError, LdctlError (exit 5) as `resolveSettings` does
   */
  get targets(): readonly Target[] {
    return (this.#targets ??= [this.#targetOf(flagsOfOne(this.flags))]);
  }

  /** Whether the command line says by profiles where to act. */
  get areProfiles(): boolean {
    return this.flags.profile !== undefined || this.flags['all-profiles'] === true;
  }

  /** The deployment to act on, where only one can be named. @throws as `targets` */
  get target(): Target {
    const [target, ...others] = this.targets;
    if (target && others.length === 0) return target;
    throw new Error('one deployment is asked for, and several are named');
  }

  /** The deployment of the settings. @throws as `target`, `openDeployment` */
  deployment(): Promise<OpenDeployment> {
    return this.target.open();
  }

  /** The path and the id of each deployment that Core lists. @throws as `Account.structure` */
  async listedDeployments(signal: AbortSignal) {
    const placed = placedDeployments(await this.target.account.structure(signal));
    return placed.map((one) => [placeText(one), String(one.deployment.id)] as const);
  }

  /** Finds the deployments that are named. @throws as `flagsOfEach`, `targets` */
  async findTargets() {
    const config = this.store.read();
    const each = await flagsOfEach(this.flags, config, async (flags) => {
      const { settings, account } = this.#targetOf(flags);
      const { named } = settings.deployment;
      if (named === null) return [];
      return deploymentsCalled(await account.structure(), named.value).map(placeText);
    });
    if (this.flags['all-profiles']) {
      // Here a profile without a deployment is no mistake.
      const others = config.profiles.filter((profile) => !hasDeployment(profile));
      const names = others.map(({ name }) => name).join(', ');
      if (names) this.say(`no deployment, so left out: profile ${names}`);
    }
    const env = each.length > 1 ? this.#envOfSeveral() : undefined;
    this.#targets = each.map((flags) => this.#targetOf(flags, env));
  }

  /** Of several deployments each supervisor is looked up, unless a profile names it. */
  #envOfSeveral(): Env {
    if (this.flags['supervisor-url'] !== undefined) {
      throw usageError(
        'not_together',
        '--supervisor-url works with one deployment only, and several are named',
        'Leave it out: each supervisor is looked up.',
      );
    }
    if (variableIn(this.host.env, 'LD_SUPERVISOR_URL') && !this.areProfiles) {
      this.say(
        'LD_SUPERVISOR_URL is ignored: with several deployments, each supervisor is looked up',
      );
    }
    return { ...this.host.env, LD_SUPERVISOR_URL: undefined };
  }

  /** Those that share a profile share an account. */
  #targetOf(flags: SettingFlags, env?: Env): Target {
    const settings = this.resolve(flags, env);
    const about = { account: settings.account, deployment: null, nodes: [] };
    const account =
      this.#accounts.get(flags.profile) ??
      openAccount(settings.account, {
        signal: this.signal,
        core: (to) => this.core(to, about),
      });
    this.#accounts.set(flags.profile, account);
    return { settings, account, open: once(() => this.open(account, settings.deployment)) };
  }

  /** Says which variables are ignored, and which keys expire soon. */
  saySettings() {
    const accounts = [...new Set(this.targets.map(({ account }) => account.settings))];
    const ignored = overridingVariables(this.host.env).join(', ');
    const chosen = accounts.flatMap(({ profile }) =>
      profile?.source.from === 'flag' ? profile.name : [],
    );
    if (chosen.length > 0 && ignored) {
      const by = this.flags['all-profiles'] ? '--all-profiles' : `--profile ${chosen.join()}`;
      this.say(`${by}: ignoring ${ignored} from the environment`);
    }
    for (const account of accounts) {
      const warning = expiryWarning(account, this.host.clock.now());
      if (warning !== null) this.warn(warning);
    }
  }

  /**
   * Says what was done, on stderr; nothing with `--quiet`. What is of several deployments, or known
   * in several places, is said the first time only.
   */
  say(line: string) {
    const { stderr, options } = this.host.output;
    if (options.quiet || this.#said.has(line)) return;
    this.#said.add(line);
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
  resolve(flags: SettingFlags, env: Env = this.host.env, config = this.store.read()): Settings {
    const settings = resolveSettings({ flags, env, config, keys: this.keyTools });
    const { key } = settings.account;
    const guarded = key && {
      ...key,
      fetch: async (signal?: AbortSignal) => this.guard(await key.fetch(signal)),
    };
    return { ...settings, account: { ...settings.account, key: guarded } };
  }

  /**
   * Says of which id a node is the end, if the log has shown that one and not the node.
   * @param orElse what to say of one that is the end of none
   */
  sayWholeIds(nodes: readonly Id[] = [], orElse?: (node: Id) => string | undefined) {
    const known = this.#nodes.flat();
    for (const node of nodes.filter((one) => !known.includes(one))) {
      const hint = hintOfEnd(node, known) ?? orElse?.(node);
      if (hint) this.say(`hint: ${hint}`);
    }
  }

  /** One deployment of many, with names, journal and log of its own. @throws as `openDeployment` */
  async open(account: Account, settings: DeploymentSettings): Promise<OpenDeployment> {
    const { clock, output } = this.host;
    const journal = openRunJournal(this.folders.journal, clock);
    const opened = await openDeployment(account, settings, {
      clock,
      signal: this.signal,
      newKey: () => this.host.newIdempotencyKey(),
      say: (line) => this.say(line),
      // What it finds of another run may have had an effect.
      journal: {
        ...journal,
        read: (key) => {
          const kept = journal.read(key);
          this.host.mayHaveSent ||= kept !== null;
          return kept;
        },
        claim: (...asked) => {
          const claim = journal.claim(...asked);
          this.host.mayHaveSent ||= 'found' in claim;
          return claim;
        },
      },
      supervisor: (to, ref) => this.#supervisor(account, to, ref),
    });
    const names = readNodeNames(this.folders.config, opened.deploymentId);
    for (const [id, name] of names) output.names.set(id, name);
    return opened;
  }

  #supervisor({ settings: account }: Account, to: Endpoint, deployment: DeploymentRef): Supervisor {
    const nodes: Id[] = [];
    this.#nodes.push(nodes);
    const api = new SupervisorApi(this.#client(to, { account, deployment, nodes }));
    const list: Supervisor['list'] = async (...asked) => {
      const page = await api.list(...asked);
      if (nodes.length === 0) nodes.push(...page.items.map(({ node_id }) => node_id));
      return page;
    };
    const trigger: Supervisor['trigger'] = async (...asked) => {
      const { mayHaveSent } = this.host;
      this.host.mayHaveSent = true;
      try {
        return await api.trigger(...asked);
      } catch (error) {
        // No other trigger has run meanwhile.
        if (error instanceof LdctlError && hadNoEffect(error)) this.host.mayHaveSent = mayHaveSent;
        throw error;
      }
    };
    return { trigger, list };
  }

  /** @param about what is said of a refusal depends on this; without it, nothing is added */
  core(to: Endpoint, about?: About): Core {
    return new CoreApi(this.#client(to, about));
  }

  #client(to: Endpoint, about?: About): ClientOptions {
    const { clock, output, agent } = this.host;
    const onRefusal = about && ((error: ApiError) => explainRefusal(error, { ...to, ...about }));
    const onTrace = (line: string) => output.stderr.write(`debug: ${plainText(line)}\n`);
    return { ...to, clock, agent, onRefusal, onTrace: output.options.debug ? onTrace : undefined };
  }
}
