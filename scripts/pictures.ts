/*
 * The pictures of README.md and docs: what a session shows at a terminal, as SVG. The moving one is
 * a strip of frames behind a window; CSS moves the strip from frame to frame. Each run of text is
 * as wide as its cells, whatever font there is.
 */
import { readFileSync } from 'node:fs';
import { withEnv } from '../test/helpers/env.js';
import { Screen, withoutEnd, type Run } from '../test/helpers/screen.js';
import { sessionFiles } from '../test/sessions/player/files.js';
import { playSession } from '../test/sessions/player/play.js';
import { readScript } from '../test/sessions/player/script.js';
import type { ScreenTerminal } from '../test/sessions/player/terminal.js';

export const PICTURES_FOLDER = 'docs/pictures';
/** The sessions that are drawn: a picture each. */
const DRAWN = 'pictures/';
/** The one that moves. */
const MOVING = 'demo';
const MOST_BYTES = 60_000;

/** Of a cell. A digit of most fonts is 0.6 as wide as the font is high. */
const [CELL, LINE, FONT] = [9, 22, 15];
/** Around the lines. */
const MARGIN = 18;

/** How long a picture that moves shows its frames, in ms. */
const [FIRST, TYPED, READ] = [600, 60, 4500];
/** So many letters are typed at once. */
const TYPED_AT_ONCE = 4;
/** Then it stays at its end: what moves forever beside a text keeps people from reading it. */
const PLAYS = 2;

/** Of light and dark screens, as GitHub has them. */
const COLOURS: Readonly<Record<string, readonly [light: string, dark: string]>> = {
  screen: ['#f6f8fa', '#151b23'],
  edge: ['#d1d9e0', '#3d444d'],
  text: ['#1f2328', '#f0f6fc'],
  dim: ['#59636e', '#9198a1'],
  c1: ['#cf222e', '#f85149'],
  c2: ['#1a7f37', '#3fb950'],
  c3: ['#9a6700', '#d29922'],
  c4: ['#0969da', '#4493f8'],
  c6: ['#0a7480', '#39c5cf'],
};

interface Frame {
  /** From the start, in ms. */
  at: number;
  lines: readonly string[];
}

/** Of a command at a terminal. */
interface Recording {
  typed: string;
  terminal: ScreenTerminal;
}

/** Each picture, by its file. */
export async function pictures(): Promise<Array<[file: string, svg: string]>> {
  const drawn = sessionFiles().filter(({ name }) => name.startsWith(DRAWN));
  const made: Array<[file: string, svg: string]> = [];
  for (const { name, path } of drawn) {
    const own = name.slice(DRAWN.length);
    const session = readFileSync(path, 'utf8');
    const last = await recordingOf(session);
    const frames = own === MOVING ? await movingFrames(last) : [await stillFrame(last)];
    const svg = svgOf(frames, last.terminal.size.columns, readScript(session).title);
    if (Buffer.byteLength(svg) > MOST_BYTES) throw new Error(`${own}.svg is too large`);
    made.push([`${PICTURES_FOLDER}/${own}.svg`, svg]);
  }
  return made;
}

/** @returns what was written to the terminal by its last command */
async function recordingOf(session: string): Promise<Recording> {
  const recordings: Recording[] = [];
  // Whether the questions of inquirer have colours depends on these, and not on the terminal.
  await withEnv({ FORCE_COLOR: '1', NO_COLOR: undefined }, () =>
    playSession(session, (typed, terminal) => void recordings.push({ typed, terminal })),
  );
  const last = recordings.at(-1);
  if (!last) throw new Error('a picture needs a session with a screen');
  return last;
}

/** The first screen that the session shows of its command, below what was typed. */
async function stillFrame({ typed, terminal }: Recording): Promise<Frame> {
  const prompt = promptOf(typed, terminal);
  const screen = screenFor(terminal, prompt);
  screen.write(`${prompt}\n`);
  for (const { text } of terminal.writes.slice(0, terminal.shown[0])) screen.write(text);
  return { at: 0, lines: await drawn(screen) };
}

/** The command is typed, runs, and leaves the next prompt. */
async function movingFrames({ typed, terminal }: Recording): Promise<Frame[]> {
  const prompt = promptOf(typed, terminal);
  const screen = screenFor(terminal, `${prompt}\n`);
  const frames: Frame[] = [];
  const show = async (at: number, cursor: '' | typeof CURSOR = ''): Promise<void> => {
    screen.write(cursor);
    const lines = await drawn(screen);
    if (cursor) screen.write('\b \b');
    if (frames.at(-1)?.lines.join('\n') !== lines.join('\n')) frames.push({ at, lines });
  };
  let at = 0;
  screen.write(PROMPT);
  await show(at, CURSOR);
  at += FIRST;
  for (let from = PROMPT.length; from < prompt.length; from += TYPED_AT_ONCE) {
    screen.write(prompt.slice(from, from + TYPED_AT_ONCE));
    await show(at, CURSOR);
    at += TYPED;
  }
  at += FIRST;
  screen.write('\n');
  const { writes } = terminal;
  const started = (writes[0]?.at ?? 0) - at;
  for (const [index, write] of writes.entries()) {
    screen.write(write.text);
    // What is written at one moment is seen at once.
    if (writes[index + 1]?.at !== write.at) await show(write.at - started);
  }
  screen.write(PROMPT);
  await show((writes.at(-1)?.at ?? 0) - started + FIRST, CURSOR);
  return frames;
}

const PROMPT = '\u001b[2m$\u001b[22m ';
const CURSOR = '▌';

/** A command that is longer than a line continues in the next one. */
function promptOf(typed: string, { size }: ScreenTerminal): string {
  const [first = '', ...more] = typed.split(' ');
  let width = first.length;
  const words = more.map((word) => {
    const fits = width + 1 + word.length <= size.columns - 6;
    width = fits ? width + 1 + word.length : word.length + 2;
    return fits ? ` ${word}` : ` \\\n    ${word}`;
  });
  return PROMPT + first + words.join('');
}

function screenFor({ size }: ScreenTerminal, prompt: string): Screen {
  return new Screen({ ...size, rows: size.rows + prompt.split('\n').length });
}

/** Its lines as SVG, without where they stand. */
async function drawn(screen: Screen): Promise<string[]> {
  const lines = await screen.looks();
  return withoutEnd(lines.map((runs) => runs.map(runSvg).join('')));
}

/** The font may lack a sign, which then comes from another one: each gets its cell to itself. */
const PARTS = /[^ -~]|(?:[!-~]+ ?)+/g;

function runSvg({ at, text, colour, isBold, isDim }: Run): string {
  const names = [colour === null ? '' : `c${colour}`, isDim ? 'dim' : '', isBold ? 'bold' : ''];
  const look = names.filter(Boolean).join(' ');
  if (colour !== null && !COLOURS[`c${colour}`]) throw new Error(`there is no colour ${colour}`);
  return [...text.matchAll(PARTS)]
    .map(({ 0: part, index }) => {
      const own = part.trimEnd();
      const isSign = !/^[ -~]/.test(own);
      const width = isSign ? '' : ` textLength="${own.length * CELL}"`;
      const x = (at + index) * CELL + (isSign ? CELL / 2 : 0);
      const name = [look, isSign ? 'sign' : ''].filter(Boolean).join(' ');
      return `<text x="${x}"${width}${name ? ` class="${name}"` : ''}>${escaped(own)}</text>`;
    })
    .join('');
}

function svgOf(frames: readonly Frame[], columns: number, title: string): string {
  const rows = Math.max(...frames.map(({ lines }) => lines.length));
  const [width, height] = [columns * CELL, rows * LINE];
  const [fullWidth, fullHeight] = [width + 2 * MARGIN, height + 2 * MARGIN];
  // A line is drawn once, and used by each frame that shows it.
  const ids = new Map<string, string>();
  const strip = frames.flatMap(({ lines }, frame) =>
    lines.flatMap((line, row) => {
      if (line === '') return [];
      if (!ids.has(line)) ids.set(line, `l${ids.size}`);
      return `<use href="#${ids.get(line)}" y="${(frame * rows + row) * LINE + FONT}"/>`;
    }),
  );
  const last = (frames.length - 1) * height;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${fullWidth}" height="${fullHeight}" viewBox="0 0 ${fullWidth} ${fullHeight}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<style>`,
    ...styles(),
    ...(frames.length > 1 ? motion(frames, height) : []),
    `</style>`,
    `<defs>`,
    ...[...ids].map(([line, id]) => `<g id="${id}">${line}</g>`),
    `</defs>`,
    `<rect class="screen" x=".5" y=".5" width="${fullWidth - 1}" height="${fullHeight - 1}" rx="8"/>`,
    `<svg x="${MARGIN}" y="${MARGIN}" width="${width}" height="${height}">`,
    `<g class="strip"${last > 0 ? ` transform="translate(0 -${last})"` : ''}>`,
    ...strip,
    `</g>`,
    `</svg>`,
    `</svg>\n`,
  ].join('\n');
}

function styles(): string[] {
  const fonts = 'ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace';
  const variables = (at: 0 | 1): string =>
    Object.entries(COLOURS)
      .map(([name, colours]) => `--${name}:${colours[at]}`)
      .join(';');
  const fills = Object.keys(COLOURS).filter((name) => /^c\d|^dim$/.test(name));
  return [
    `:root{${variables(0)}}`,
    `@media (prefers-color-scheme:dark){:root{${variables(1)}}}`,
    `text{font:${FONT}px ${fonts};fill:var(--text)}`,
    `.screen{fill:var(--screen);stroke:var(--edge)}`,
    `.bold{font-weight:600}`,
    `.sign{text-anchor:middle}`,
    ...fills.map((name) => `.${name}{fill:var(--${name})}`),
  ];
}

/** Readers who want no motion, and programs that know no CSS, see the last frame. */
function motion(frames: readonly Frame[], height: number): string[] {
  const total = (frames.at(-1)?.at ?? 0) + READ;
  const steps = frames.map(
    ({ at }, index) =>
      `${((at / total) * 100).toFixed(2)}%{transform:translateY(-${index * height}px)}`,
  );
  return [
    `@keyframes play{${steps.join('')}}`,
    `.strip{animation:play ${total}ms step-end ${PLAYS}}`,
    `@media (prefers-reduced-motion:reduce){.strip{animation:none}}`,
  ];
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
