type Stream = 'stdout' | 'stderr';

const GUTTER = { stdout: '  ', stderr: '! ' } as const;
// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f]/g;

/** What a command prints, line by line in the order in which it comes; the stream marks each line. */
export class Transcript {
  readonly lines: string[] = [];
  /** All of it by stream, as it was written. */
  readonly said = { stdout: '', stderr: '' };
  readonly #rest = { stdout: '', stderr: '' };

  /** @param folder shown as `~`: it has another name each time */
  constructor(private readonly folder: string) {}

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
    const shown = withHome(line, this.folder)
      .replace(CONTROL, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`)
      .replace(/ +$/, (spaces) => '·'.repeat(spaces.length));
    this.lines.push((GUTTER[stream] + shown).trimEnd());
  }
}

/** A path below the folder as it would be on any machine: `~/config/profiles.json`. */
export function withHome(text: string, folder: string): string {
  const [first = '', ...others] = text.split(folder);
  const rest = others.map((part) =>
    part.replace(/^[^\s"']*/, (path) => path.replaceAll('\\', '/')),
  );
  return [first, ...rest].join('~');
}
