export type Stream = 'stdout' | 'stderr';

const GUTTER = { stdout: '  ', stderr: '! ' } as const;
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f]/g;

/** What a command prints, line by line in the order in which it comes; the stream marks each line. */
export class Transcript {
  /** All of it by stream, as it was written. */
  readonly said = { stdout: '', stderr: '' };
  readonly #rest = { stdout: '', stderr: '' };

  /**
   * @param folder shown as `~`: it has another name each time
   * @param onLine takes each line
   */
  constructor(
    private readonly folder: string,
    private readonly onLine: (stream: Stream, line: string) => void,
  ) {}

  write(stream: Stream, text: string): void {
    this.said[stream] += text;
    const lines = (this.#rest[stream] + text).split('\n');
    this.#rest[stream] = lines.pop() ?? '';
    for (const line of lines) this.#add(stream, line);
  }

  /** What was left without a line end is shown so. */
  end(): void {
    for (const stream of ['stdout', 'stderr'] as const) {
      if (this.#rest[stream] !== '') this.#add(stream, `${this.#rest[stream]} (no line end)`);
      this.#rest[stream] = '';
    }
  }

  #add(stream: Stream, line: string): void {
    const shown = shownLine(line, this.folder).replace(/ +$/, (spaces) =>
      '·'.repeat(spaces.length),
    );
    this.onLine(stream, (GUTTER[stream] + shown).trimEnd());
  }
}

/** A line as it would be on any machine, with what does not show made visible. */
export function shownLine(line: string, folder: string): string {
  return withHome(line, folder).replace(
    CONTROL,
    (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}

/** A path below the folder as it is typed: `~/config/profiles.json`. In JSON a `\\` is two. */
export function withHome(text: string, folder: string): string {
  const inJson = JSON.stringify(folder).slice(1, -1);
  const [first = '', ...others] = text.split(inJson).join(folder).split(folder);
  const rest = others.map((part) => part.replace(/^[^\s"']*/, (path) => path.replace(/\\+/g, '/')));
  return [first, ...rest].join('~');
}
