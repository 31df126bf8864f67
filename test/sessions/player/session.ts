import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withEnv } from '../../helpers/env.js';
import { parseDuration } from '../../../src/base/durations.js';
import { type StartSandboxOptions } from '../../../src/sandbox/options.js';
import { CloudOfSession, type Exchange } from './cloud.js';
import { readEvent, type Event, type Scene, type When } from './events.js';
import { Gates } from './gates.js';
import { Machine } from './machine.js';
import { inLine, type Step } from './script.js';
import { Shell, type Running } from './shell.js';
import { ScreenTerminal } from './terminal.js';
import { SessionTime } from './time.js';
import { shownLine } from './transcript.js';

/** An event that is to happen while a command runs. */
interface Armed {
  when: When;
  event: Event;
  step: Step;
}

/** Called with each command that is typed at a terminal. */
export type OnTerminal = (typed: string, terminal: ScreenTerminal) => void;

/** Shells, the machines that they are on, and the API. */
export class Session implements Scene {
  readonly cloud: CloudOfSession;
  readonly gates = new Gates();
  readonly #folder = realpathSync(mkdtempSync(join(tmpdir(), 'ldctl-session-')));
  readonly #time = new SessionTime(() => this.#running.some(({ command }) => command.isAtWork));
  readonly #shells = new Map<string, Shell>();
  #machines = 0;
  readonly #firstMachine = this.#newMachine();
  #keys = 0;
  #size: ScreenTerminal['size'] | null = null;
  #shownRequests: 'none' | 'POSTs' | 'requests' = 'none';
  #armed: Armed[] = [];
  /** Whether what happens now was armed: it does not wait for a question. */
  #isFiring = false;
  /** Ends the session: an event that was due could not happen, or a gate was not expected. */
  #fail: (error: unknown) => void = () => undefined;
  readonly #failed = new Promise<never>((_, reject) => (this.#fail = reject));
  #lines: string[] = [];
  /** The last screen that was shown of the command at the terminal. */
  #shownEnd = false;

  constructor(
    options: StartSandboxOptions,
    private readonly onTerminal: OnTerminal,
  ) {
    this.cloud = new CloudOfSession(this.#time, options);
    // It may fail while nothing waits for it.
    this.#failed.catch(() => undefined);
  }

  get isRunning(): boolean {
    return this.#running.length > 0;
  }

  /** What there was to see since the last call. */
  takeLines(): string[] {
    return this.#lines.splice(0);
  }

  /** Ends what has to end before a step. */
  async before(step: Step): Promise<void> {
    if (step.is === 'note' || step.is === 'screen' || isTyping(step)) return;
    const hasLetter = step.is === 'event' || step.shell !== '';
    const isSideBySide = hasLetter && this.#running.every(({ terminal }) => !terminal);
    const own = this.#shells.get(step.shell)?.running;
    if (!isSideBySide || (step.is === 'command' && own?.command.isOver === false)) {
      await this.finish();
    }
  }

  async play(step: Step): Promise<void> {
    if (step.is === 'screen') await this.#showScreen(step.text);
    if (step.is === 'event') {
      const { when, event } = readEvent(step.text);
      if (when.is === 'now') {
        await event(this);
        if (this.isRunning) await this.#meanwhile(this.#time.settle());
      } else this.#armed.push({ when, event, step });
    }
    if (step.is === 'command') await this.#start(step);
  }

  /** Lets every command run to its end. */
  async finish(): Promise<void> {
    const running = this.#running;
    if (running.length === 0) return;
    const commands = running.map(({ command }) => command);
    await this.#meanwhile(
      this.#time.until(
        () => commands.every(({ isOver }) => isOver) || commands.some(({ isAsking }) => isAsking),
      ),
    );
    if (commands.some(({ isOver }) => !isOver)) {
      const screen = await this.#atScreen.terminal.lines();
      throw new Error(`it still asks, and no key is pressed:\n${screen.join('\n')}`);
    }
    await Promise.all(running.map(({ ended }) => ended));
    const terminal = running.find((one) => one.terminal)?.terminal;
    if (terminal && !this.#shownEnd) {
      this.#lines.push('@ end', ...(await this.#drawn(terminal)));
    }
    for (const shell of this.#shells.values()) {
      shell.showEnd();
      shell.running = null;
    }
    this.#checkUnused();
  }

  /** Lets every command run to its end. @throws Error for what was prepared, and never happened */
  async end(): Promise<void> {
    await this.finish();
    this.#checkUnused();
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get now(): number {
    return this.#time.now();
  }

  wait(ms: number): Promise<void> {
    return this.#meanwhile(this.#time.pass(ms));
  }

  useAnotherMachine(shell: string): void {
    this.#shell(shell).machine = this.#newMachine();
  }

  get machine(): Machine {
    return this.#shell('').machine;
  }

  async useScreen(size: ScreenTerminal['size'] | null): Promise<void> {
    this.#size = size;
    // While a command waits for a key, nothing shows whether it is still loading one of these. The
    // first to load them decides which marks they draw.
    await withEnv({ TERM: 'xterm-256color' }, () =>
      Promise.all([import('inquirer'), import('../../../src/cli/asking/node-picker.js')]),
    );
  }

  showRequests(which: 'POSTs' | 'requests'): void {
    this.#shownRequests = which;
  }

  signal(name: Parameters<Scene['signal']>[0], shell: string): void {
    const { running } = this.#shell(shell);
    if (!running || running.command.isOver) {
      throw new Error(
        'no command runs: begin with "after 5s: " or \'when it says "TEXT": \', or with the key ctrl-c',
      );
    }
    running.command.signal(name);
  }

  async press(key: string, times: number): Promise<void> {
    for (let at = 0; at < times; at += 1) {
      const { command, terminal } = this.#atScreen;
      if (key === 'ctrl-c' && !command.isAsking) command.signal('SIGINT');
      else if (this.#isFiring) terminal.press(key);
      else (await this.#asked()).press(key);
      if (!this.#isFiring) await this.#meanwhile(this.#time.settle());
    }
  }

  async type(text: string): Promise<void> {
    if (this.#isFiring) {
      this.#atScreen.terminal.type(text);
      return;
    }
    (await this.#asked()).type(text);
    await this.#meanwhile(this.#time.settle());
  }

  get #running(): Running[] {
    return [...this.#shells.values()].flatMap(({ running }) => running ?? []);
  }

  #newMachine(): Machine {
    return new Machine(this.#folder, `machine-${(this.#machines += 1)}`);
  }

  /** All are on the first machine, until they are on another. */
  #shell(name: string): Shell {
    const shell =
      this.#shells.get(name) ??
      new Shell(name, this.#firstMachine, {
        ...{ time: this.#time, cloud: this.cloud, show: (line) => void this.#lines.push(line) },
        newKey: () => `00000000-0000-4000-8000-${String((this.#keys += 1)).padStart(12, '0')}`,
        runGate: this.gates.runner((error) => this.#fail(error)),
        onSaid: (said) => this.#hear(said),
        onExchange: (exchange) => this.#showExchange(name, exchange),
      });
    this.#shells.set(name, shell);
    return shell;
  }

  async #start(step: Step): Promise<void> {
    const shell = this.#shell(step.shell);
    if (this.#size && step.shell !== '') {
      throw new Error('only the shell without a letter has a screen');
    }
    const elapsed = (): number => this.#time.elapsed();
    const terminal = this.#size && new ScreenTerminal(this.#size, shell.machine.home, elapsed);
    if (terminal) this.onTerminal(step.text, terminal);
    this.#shownEnd = false;
    shell.start(step.text, terminal);
    if (!shell.running) return;
    this.#startTimers();
    if (terminal || step.shell !== '') await this.#meanwhile(this.#time.settle());
    else await this.finish();
  }

  /** Waits for what an event, a gate or a command may break. */
  #meanwhile(work: Promise<void>): Promise<void> {
    const ends = this.#running.map(({ ended }) => ended.then(() => work));
    return Promise.race([work, this.#failed, ...ends]);
  }

  get #atScreen(): { command: Running['command']; terminal: ScreenTerminal; startedAt: number } {
    for (const { command, terminal, startedAt } of this.#running) {
      if (terminal) return { command, terminal, startedAt };
    }
    throw new Error('no command runs at a screen');
  }

  /** The terminal, once the command asks. */
  async #asked(): Promise<ScreenTerminal> {
    const { command } = this.#atScreen;
    await this.#meanwhile(this.#time.until(() => command.isAsking || command.isOver));
    return command.keyboard;
  }

  /** @param when '': once it asks or has ended; `end`: once it has ended; else a time since its start */
  async #showScreen(when: string): Promise<void> {
    const { command, terminal, startedAt } = this.#atScreen;
    if (when === '') {
      await this.#meanwhile(this.#time.until(() => command.isAsking || command.isOver));
    } else if (when === 'end') {
      await this.#meanwhile(this.#time.until(() => command.isOver));
      this.#shownEnd = true;
    } else {
      if (command.isOver) throw new Error('it has ended before that');
      const left = startedAt + parseDuration(when) - this.#time.elapsed();
      if (left < 0) throw new Error('that is over already');
      await this.wait(left);
    }
    this.#lines.push(...(await this.#drawn(terminal)));
    if (when === 'end') await this.finish();
  }

  /** A path that the screen breaks is shown as it is. */
  async #drawn(terminal: ScreenTerminal): Promise<string[]> {
    const lines = await terminal.lines();
    return lines.map((line) => `  ${shownLine(line, this.machine.home)}`.trimEnd());
  }

  #showExchange(shell: string, exchange: Exchange): void {
    const { method, path, body, idempotencyKey, status } = exchange;
    if (this.#shownRequests === 'none') return;
    if (this.#shownRequests === 'POSTs' && method !== 'POST') return;
    const key = idempotencyKey === null ? '' : ` idempotency-key: ${idempotencyKey}`;
    const sent = [method, path, body].filter((part) => part !== '').join(' ');
    this.#lines.push(`${shell}~ ${sent}${key} → ${status ?? 'no answer'}`);
  }

  #checkUnused(): void {
    const never = this.#armed.map(({ step }) => `"${step.text}" never happened`);
    const left = [...never, ...this.cloud.unused, ...this.gates.unused];
    if (left.length > 0) throw new Error(left.join('; '));
  }

  /** For what is to happen after so long. */
  #startTimers(): void {
    for (const armed of this.#armed) {
      if (armed.when.is !== 'after') continue;
      const { ms } = armed.when;
      armed.when = { is: 'due' };
      void this.#time.sleep(ms).then(() => this.#fire(armed));
    }
  }

  /** What was to happen once this was said. */
  #hear(said: string): void {
    const [next] = this.#armed.filter(({ when }) => when.is === 'said');
    if (next?.when.is === 'said' && said.includes(next.when.text)) this.#fire(next);
  }

  /** Not within what is being written, but right after it. */
  #fire(armed: Armed): void {
    if (!this.isRunning) return;
    this.#armed = this.#armed.filter((one) => one !== armed);
    setImmediate(() => {
      this.#isFiring = true;
      const happened = inLine(armed.step, () => armed.event(this));
      this.#isFiring = false;
      happened.catch((error: unknown) => this.#fail(error));
    });
  }
}

const isTyping = ({ is, text }: Step): boolean => is === 'event' && /^(?:key|type) /.test(text);
