import { LdctlError } from '../base/errors.js';
import { type Env } from '../base/text.js';

/** Takes secrets out of a text that is about to be shown, such as `ApiKey.scrub`. */
export type Scrub = (text: string) => string;

/** The reader of stdout or stderr went away (EPIPE), as `head` does, or a terminal that closes: no failure of ours. */
export class ReaderGone extends LdctlError {
  constructor() {
    super('done', 'reader_gone', 'the reader of the output went away');
  }
}

const GONE_CODES: ReadonlySet<string | undefined> = new Set(['EPIPE', 'EOF', 'ECONNRESET', 'ERR_STREAM_DESTROYED']);

/** The part of a process's stdout that is needed: a file, a pipe or a terminal. */
export type OutputStream = NodeJS.WritableStream & { isTTY?: boolean; columns?: number; rows?: number };

/** After an interrupt, ms: so long a reader has for what is written. Twice that leaves room in the second that its end may take. */
const GRACE_MS = 300;

/** Text of an API in which the runner of GitHub Actions would find a command: `##[…]` anywhere, `::…` where a line begins. */
function withoutCommands(text: string): string {
  return text.replaceAll('##[', '## [').replace(/^([^\S\n]*):(?=:)/gm, '$1: ');
}

/** One of the two places a command writes to. Everything that reaches a user goes through one. */
export class Sink {
  readonly #stream: OutputStream;
  readonly #env: Env;
  readonly #scrubs: Scrub[] = [];
  readonly #gone = new AbortController();
  readonly #waiting = new Set<() => void>();
  #pending = 0;
  /** Why nothing slow is waited for any more. */
  #hurry: LdctlError | null = null;

  constructor(stream: OutputStream, env: Env) {
    this.#stream = stream;
    this.#env = env;
    stream.on('error', (error: NodeJS.ErrnoException) => this.#fail(error));
  }

  /** Aborted, with `ReaderGone` or the failure as its reason, when writing has become pointless. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  get closed(): boolean {
    return this.gone.aborted;
  }

  get isTTY(): boolean {
    return this.#stream.isTTY === true;
  }

  /** Whether lines already written can be replaced: a terminal that moves its cursor. */
  get canRedraw(): boolean {
    return this.isTTY && this.#env.TERM !== 'dumb';
  }

  get colour(): boolean {
    return this.canRedraw && !this.#env.NO_COLOR;
  }

  // Some pseudo-terminals say 0.
  get columns(): number {
    return this.#stream.columns || 80;
  }

  get rows(): number {
    return this.#stream.rows || 24;
  }

  /**
   * Writes at once, scrubbed. After the reader went away it does nothing.
   * @param how `command`: for the runner of GitHub Actions, which otherwise finds no command in what is written
   */
  write(text: string, how?: 'command'): void {
    if (this.closed || text === '') return;
    this.#pending += 1;
    const clean = this.#scrubs.reduce((scrubbed, scrub) => scrub(scrubbed), text);
    const isLiteral = how === 'command' || this.#env.GITHUB_ACTIONS !== 'true';
    this.#stream.write(isLiteral ? clean : withoutCommands(clean), () => {
      this.#pending -= 1;
      if (this.#pending === 0) this.#wake();
    });
  }

  /**
   * Resolves when everything written so far was handed to the system, or the reader went away; await it between
   * the chunks of something long, or that piles up in memory before a slow reader.
   * @throws LdctlError (`fault`) when writing failed for another reason, such as a full disk
   */
  async drained(): Promise<void> {
    this.#giveUpSoon();
    if (this.#pending > 0 && !this.closed) await new Promise<void>((resolve) => this.#waiting.add(resolve));
    const reason: unknown = this.gone.reason;
    if (this.closed && !(reason instanceof ReaderGone)) throw reason;
  }

  redact(scrub: Scrub): void {
    this.#scrubs.push(scrub);
  }

  hurry(reason: LdctlError): void {
    this.#hurry = reason;
    this.#giveUpSoon();
  }

  /** Calls back after the terminal's size has changed. Returns a function that ends this. */
  onResize(callback: () => void): () => void {
    this.#stream.on('resize', callback);
    return () => void this.#stream.removeListener('resize', callback);
  }

  #giveUpSoon(): void {
    const reason = this.#hurry;
    if (reason) setTimeout(() => this.#pending > 0 && this.#close(reason), GRACE_MS).unref();
  }

  #fail(error: NodeJS.ErrnoException): void {
    // A terminal that has closed; of a file it is a fault of the disk.
    const isClosedTerminal = error.code === 'EIO' && this.isTTY;
    const message = `the output could not be written: ${error.message}`;
    const isGone = isClosedTerminal || GONE_CODES.has(error.code);
    this.#close(isGone ? new ReaderGone() : new LdctlError('fault', 'output_failed', message, { cause: error }));
  }

  #close(reason: LdctlError): void {
    this.#gone.abort(reason);
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}

/** What everything writes to: stdout for data, stderr for people. */
export class Output {
  /** Stdout holds all it will get: a result, or a list that broke off. No error document may follow. */
  settled = false;

  constructor(
    readonly stdout: Sink,
    readonly stderr: Sink,
  ) {}

  /** From now on every write, to either sink, goes through `scrub` too. */
  redact(scrub: Scrub): void {
    for (const sink of [this.stdout, this.stderr]) sink.redact(scrub);
  }

  /** The command was interrupted: what is not read soon is given up, and the sink is closed with this as its reason. */
  hurry(reason: LdctlError): void {
    for (const sink of [this.stdout, this.stderr]) sink.hurry(reason);
  }
}

/**
 * The process's own stdout and stderr. Colour only on a TTY, and never with `NO_COLOR` or `TERM=dumb`.
 * @param env of which `NO_COLOR`, `TERM` and `GITHUB_ACTIONS` matter here
 */
export function processOutput(env: Env, stdout: OutputStream, stderr: OutputStream): Output {
  return new Output(new Sink(stdout, env), new Sink(stderr, env));
}

/** The few styles there are. The colours are among the 16 of the user's own theme, which knows its background. */
const SGR = {
  ok: ['32', '39'],
  bad: ['31', '39'],
  busy: ['36', '39'],
  bold: ['1', '22'],
  dim: ['2', '22'],
} as const;
export type StyleName = keyof typeof SGR;

/** Puts a style on a text, or leaves it alone where there is no colour. */
export type Paint = (style: StyleName | undefined, text: string) => string;

export function painter(colour: boolean): Paint {
  return (style, text) => {
    if (!colour || style === undefined || text === '') return text;
    const [on, off] = SGR[style];
    return `\u001B[${on}m${text}\u001B[${off}m`;
  };
}
