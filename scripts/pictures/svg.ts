import { type Size } from '../../test/helpers/screen.js';
import { type Grid, type Span } from './grid.js';

export interface Theme {
  background: string;
  frame: string;
  text: string;
  /** Those of its 16 colours that ldctl uses, by their numbers. */
  colours: Readonly<Record<number, string>>;
}

const [RED, GREEN, CYAN] = [1, 2, 6];

export const THEMES: Readonly<Record<'light' | 'dark', Theme>> = {
  light: {
    background: '#ffffff',
    frame: '#d1d9e0',
    text: '#1f2328',
    colours: { [RED]: '#cf222e', [GREEN]: '#116329', [CYAN]: '#1b7c83' },
  },
  dark: {
    background: '#0d1117',
    frame: '#3d444d',
    text: '#e6edf3',
    colours: { [RED]: '#ff7b72', [GREEN]: '#3fb950', [CYAN]: '#39c5cf' },
  },
};

/** A screen, and from when to when it stood there. */
export interface Frame {
  /** Milliseconds from the beginning. */
  at: number;
  until: number;
  size: Size;
  grid: Grid;
}

const CELL = { width: 8, height: 18 };
const MARGIN = 14;
const FONT = 'ui-monospace, SFMono-Regular, Menlo, Consolas, DejaVu Sans Mono, monospace';

/** @param title what is to be seen, for those who do not see it */
export function stillSvg(grid: Grid, columns: number, theme: Theme, title: string): string {
  const size = { columns, rows: grid.length };
  return document(size, theme, title, [box(size, theme), ...grid.flatMap((line, row) => spans(line, row, theme))]);
}

/**
 * A film that begins again and again. What does not change from one frame to the next is in it once. Where nothing
 * moves, the last frame is shown.
 */
export function filmSvg(frames: readonly Frame[], theme: Theme, title: string): string {
  const largest = {
    columns: Math.max(...frames.map(({ size }) => size.columns)),
    rows: Math.max(...frames.map(({ size }) => size.rows)),
  };
  const total = frames.at(-1)?.until ?? 0;
  const parts = new Map<string, Array<[from: number, until: number]>>();
  const show = (part: string, { at, until }: Frame): void => {
    const times = parts.get(part) ?? [];
    const last = times.at(-1);
    if (last && last[1] === at) last[1] = until;
    else times.push([at, until]);
    parts.set(part, times);
  };
  for (const frame of frames) {
    show(box(frame.size, theme), frame);
    frame.grid.forEach((line, row) => {
      for (const span of spans(line, row, theme)) show(span, frame);
    });
  }
  return document(
    largest,
    theme,
    title,
    [...together(parts)].map(([times, both]) => timed(both, JSON.parse(times) as Times, total)),
  );
}

/** When something is shown: from and until, in milliseconds. */
type Times = ReadonlyArray<readonly [number, number]>;

/** What comes and goes at the same times, with the windows below everything else. */
function together(parts: ReadonlyMap<string, Times>): Map<string, string> {
  const byTimes = new Map<string, string>();
  const boxesFirst = [...parts].sort(([a], [b]) => Number(b.startsWith('<rect')) - Number(a.startsWith('<rect')));
  for (const [part, times] of boxesFirst) {
    const key = JSON.stringify(times);
    byTimes.set(key, (byTimes.get(key) ?? '') + part);
  }
  return byTimes;
}

/** Shown at these times only. */
function timed(part: string, times: Times, total: number): string {
  const isLast = times.at(-1)?.[1] === total;
  const first = times[0];
  if (times.length === 1 && first?.[0] === 0 && isLast) return part;
  const steps: Array<[at: number, shown: boolean]> = first?.[0] === 0 ? [] : [[0, false]];
  for (const [from, until] of times)
    steps.push([from, true], ...(until < total ? [[until, false] as [number, boolean]] : []));
  const values = steps.map(([, shown]) => (shown ? 'visible' : 'hidden')).join(';');
  const keyTimes = steps.map(([at]) => String(Math.round((at / total) * 10_000) / 10_000)).join(';');
  const animate =
    `<animate attributeName="visibility" calcMode="discrete" dur="${total / 1000}s" repeatCount="indefinite" ` +
    `values="${values}" keyTimes="${keyTimes}"/>`;
  return `<g visibility="${isLast ? 'visible' : 'hidden'}">${animate}${part}</g>`;
}

function document(size: Size, theme: Theme, title: string, parts: readonly string[]): string {
  const [width, height] = [size.columns * CELL.width + 2 * MARGIN, size.rows * CELL.height + 2 * MARGIN];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<g font-family="${FONT}" font-size="13" fill="${theme.text}" xml:space="preserve">`,
    ...parts,
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

function box({ columns, rows }: Size, theme: Theme): string {
  const [width, height] = [columns * CELL.width + 2 * MARGIN - 1, rows * CELL.height + 2 * MARGIN - 1];
  return `<rect x="0.5" y="0.5" width="${width}" height="${height}" rx="8" fill="${theme.background}" stroke="${theme.frame}"/>`;
}

function spans(line: readonly Span[], row: number, { colours }: Theme): string[] {
  const y = MARGIN + row * CELL.height + 13;
  return line.map(({ column, text, colour, bold, dim }) => {
    const place = `x="${MARGIN + column * CELL.width}" y="${y}" textLength="${text.length * CELL.width}"`;
    const fill = colour === null ? undefined : colours[colour];
    const looks = [fill && `fill="${fill}"`, bold && 'font-weight="bold"', dim && 'fill-opacity="0.6"'];
    const look = looks.map((attribute) => (attribute ? ` ${attribute}` : '')).join('');
    return `<text ${place}${look}>${escaped(text)}</text>`;
  });
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
