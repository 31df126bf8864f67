import { LdctlError } from '../base/errors.js';
import { type Env } from '../base/text.js';

/** Takes secrets out of a text that is about to be shown, such as `ApiKey.scrub`. */
export type Scrub = (text: string) => string;

/** One of the two places a command writes to. Everything that reaches a user goes through one. */
export interface Sink {
  /**
   * Writes at once, scrubbed. After the reader went away it does nothing.
   * @param how `command`: for the runner of GitHub Actions, which otherwise finds no command in what is written
   */
  write(text: string, how?: 'command'): void;
  /**
   * Resolves when everything written so far was handed to the system, or the reader went away; await it between
   * the chunks of something long, or that piles up in memory before a slow reader.
   * @throws LdctlError (`fault`) when writing failed for another reason, such as a full disk
   */
  drained(): Promise<void>;
  /** Whether writing has become pointless: the reader went away, or writing failed. */
  readonly closed: boolean;
  /** Aborted at that moment, with `ReaderGone` or the failure as its reason. */
  readonly gone: AbortSignal;
  readonly isTTY: boolean;
  /** Whether lines already written can be replaced: a terminal that moves its cursor. */
  readonly canRedraw: boolean;
  readonly colour: boolean;
  /** Size of the terminal; 80×24 where there is none, or it does not say. */
  readonly columns: number;
  readonly rows: number;
  /** Calls back after the terminal's size has changed. Returns a function that ends this. */
  onResize(callback: () => void): () => void;
}

/** What everything writes to: stdout for data, stderr for people. */
export interface Output {
  readonly stdout: Sink;
  readonly stderr: Sink;
  /** Stdout holds all it will get: a result, or a list that broke off. No error document may follow. */
  settled: boolean;
  /** From now on every write, to either sink, goes through `scrub` too. */
  redact(scrub: Scrub): void;
  /** The command was interrupted: what is not read soon is given up, and the sink is closed with this as its reason. */
  hurry(reason: LdctlError): void;
}

/** The reader of stdout or stderr went away (EPIPE), as `head` does, or a terminal that closes: no failure of ours. */
export class ReaderGone extends LdctlError {
  constructor() {
    super('done', 'reader_gone', 'the reader of the output went away');
  }
}

const GONE_CODES: ReadonlySet<string | undefined> = new Set(['EPIPE', 'EOF', 'ECONNRESET', 'ERR_STREAM_DESTROYED']);

/** The part of a process's stdout that is needed: a file, a pipe or a terminal. */
export type OutputStream = NodeJS.WritableStream & { isTTY?: boolean; columns?: number; rows?: number };

/**
 * The process's own stdout and stderr. Colour only on a TTY, and never with `NO_COLOR` or `TERM=dumb`.
 * @param env of which `NO_COLOR`, `TERM` and `GITHUB_ACTIONS` matter here
 */
export function processOutput(env: Env, stdout: OutputStream, stderr: OutputStream): Output {
  const scrubs: Scrub[] = [];
  const scrub: Scrub = (text) => scrubs.reduce((clean, next) => next(clean), text);
  const sinks = { stdout: new StreamSink(stdout, env, scrub), stderr: new StreamSink(stderr, env, scrub) };
  return {
    ...sinks,
    settled: false,
    redact: (next) => void scrubs.push(next),
    hurry: (reason) => {
      sinks.stdout.hurry(reason);
      sinks.stderr.hurry(reason);
    },
  };
}

/** After an interrupt, ms: so long a reader has for what is written until then … */
const GRACE_MS = 300;
/** … and for what is written later. Both together leave room in the second that an interrupt may take. */
const LAST_WORDS_MS = 100;

/** Text of an API in which the runner of GitHub Actions would find a command: `##[…]` anywhere, `::…` where a line begins. */
function withoutCommands(text: string): string {
  return text.replaceAll('##[', '## [').replace(/^([^\S\n]*):(?=:)/gm, '$1: ');
}

class StreamSink implements Sink {
  readonly #stream: OutputStream;
  readonly #env: Env;
  readonly #scrub: Scrub;
  readonly #gone = new AbortController();
  readonly #waiting = new Set<() => void>();
  #pending = 0;
  /** Why nothing slow is waited for any more. */
  #hurry: LdctlError | null = null;

  constructor(stream: OutputStream, env: Env, scrub: Scrub) {
    this.#stream = stream;
    this.#env = env;
    this.#scrub = scrub;
    stream.on('error', (error: NodeJS.ErrnoException) => this.#fail(error));
  }

  get closed(): boolean {
    return this.#gone.signal.aborted;
  }

  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  get isTTY(): boolean {
    return this.#stream.isTTY === true;
  }

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

  write(text: string, how?: 'command'): void {
    if (this.closed || text === '') return;
    this.#pending += 1;
    const clean = this.#scrub(text);
    const isLiteral = how === 'command' || this.#env.GITHUB_ACTIONS !== 'true';
    this.#stream.write(isLiteral ? clean : withoutCommands(clean), () => {
      this.#pending -= 1;
      if (this.#pending === 0) this.#wake();
    });
  }

  async drained(): Promise<void> {
    if (this.#hurry) this.#giveUpIn(LAST_WORDS_MS, this.#hurry);
    if (this.#pending > 0 && !this.closed) await new Promise<void>((resolve) => this.#waiting.add(resolve));
    const reason: unknown = this.#gone.signal.reason;
    if (this.closed && !(reason instanceof ReaderGone)) throw reason;
  }

  hurry(reason: LdctlError): void {
    this.#giveUpIn(GRACE_MS, reason);
    setTimeout(() => (this.#hurry = reason), GRACE_MS).unref();
  }

  onResize(callback: () => void): () => void {
    this.#stream.on('resize', callback);
    return () => void this.#stream.removeListener('resize', callback);
  }

  #giveUpIn(ms: number, reason: LdctlError): void {
    setTimeout(() => this.#pending > 0 && this.#close(reason), ms).unref();
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
