/*
 * The picker of nodes: typing narrows the list, and only space and Tab choose.
 */

import { stripVTControlCharacters } from 'node:util';
import {
  createPrompt,
  isBackspaceKey,
  isEnterKey,
  isSpaceKey,
  isTabKey,
  useKeypress,
  usePrefix,
  useState,
  type KeypressEvent,
} from '@inquirer/core';
import type { Id } from '../../base/ids.js';
import { wrapWords } from '../../base/text.js';
import { cutTo } from '../../output/formats/table.js';
import type { Sink } from '../../output/streams.js';

/** A node to choose. */
export interface NodeChoice {
  node: Id;
  /** Its name, or its id. */
  label: string;
  /** `running 3d` */
  state: string;
  /** What else finds it: `stopped`, `rejected`, `busy`. */
  words: readonly string[];
}

/** What was chosen so far. */
export interface Picking {
  rows: readonly NodeChoice[];
  chosen: ReadonlySet<Id>;
  typed: string;
  /** Something was chosen since: the next letter starts a new filter. */
  isUsed: boolean;
  /** Which of the rows that match. */
  active: number;
  /** Enter was pressed, and none is chosen. */
  isEmpty: boolean;
}

export const startPicking = (rows: readonly NodeChoice[]): Picking => ({
  rows,
  chosen: new Set(),
  typed: '',
  isUsed: false,
  active: 0,
  isEmpty: false,
});

/** By any part of a name or an id, and by the beginning of a word of its state. */
export function matching({ rows, typed }: Picking) {
  const wanted = typed.toLowerCase();
  return rows.filter(
    ({ node, label, words }) =>
      label.toLowerCase().includes(wanted) ||
      String(node).includes(wanted) ||
      words.some((word) => word.startsWith(wanted)),
  );
}

/** The chosen ones, in the order of the list. */
export const pickedNodes = ({ rows, chosen }: Picking): Id[] =>
  rows.map(({ node }) => node).filter((node) => chosen.has(node));

/** By how many rows a key moves. */
const MOVES: ReadonlyMap<string, number> = new Map([
  ['up', -1],
  ['down', 1],
  ['pageup', -10],
  ['pagedown', 10],
  ['home', -Infinity],
  ['end', Infinity],
]);

/** @param text what the key types, or '' */
export function afterKey(picking: Picking, key: KeypressEvent, text: string): Picking {
  const { active } = picking;
  const shown = matching(picking);
  const next = { ...picking, isEmpty: false };
  if (isEnterKey(key)) {
    return picking.chosen.size > 0
      ? { ...next, typed: '', active: 0 }
      : { ...picking, isEmpty: true };
  }
  const by = MOVES.get(key.name);
  if (by !== undefined) {
    return { ...next, active: Math.min(Math.max(active + by, 0), Math.max(shown.length - 1, 0)) };
  }
  if (isSpaceKey(key)) return toggled(next, shown.slice(active, active + 1));
  if (isTabKey(key)) return toggled(next, shown);
  const typed = filterAfter(picking, key, text);
  return typed === null ? next : { ...next, typed, isUsed: false, active: 0 };
}

/** Null for a key that does not change it. */
function filterAfter({ typed, isUsed }: Picking, key: KeypressEvent, text: string) {
  if (key.ctrl && key.name === 'u') return '';
  if (isBackspaceKey(key)) return typed.slice(0, -1);
  if (!/^[^\s\p{Cc}]+$/u.test(text)) return null;
  return isUsed ? text : typed + text;
}

/** Chooses these; if all of them are chosen already, none of them. */
function toggled(picking: Picking, rows: readonly NodeChoice[]): Picking {
  if (rows.length === 0) return picking;
  const nodes = rows.map(({ node }) => node);
  const chosen = new Set([...picking.chosen, ...nodes]);
  const wereAll = chosen.size === picking.chosen.size;
  if (wereAll) for (const node of nodes) chosen.delete(node);
  return { ...picking, chosen, isUsed: true };
}

type Screen = Pick<Sink, 'columns' | 'rows' | 'paint'>;

const KEYS = 'type to filter · ↑↓ move · space choose · tab all · enter done';
const NONE_CHOSEN = 'None is chosen yet. Space chooses a node; Escape leaves, and sends nothing.';

/**
 * The question with the count and the filter, at whose end the cursor stands; and the list below
 * it, as high as the screen.
 */
export function pickerFrame(picking: Picking, question: string, screen: Screen): [string, string] {
  const { paint } = screen;
  const width = Math.max(screen.columns - 1, 1);
  const { rows, chosen, typed, active, isEmpty } = picking;
  const count = `${chosen.size} of ${rows.length} chosen`;
  const status = typed === '' ? count : `${count}, filter: ${typed}`;
  const lines = question.split('\n');
  const last = stripVTControlCharacters(`${lines.at(-1)}  ${status}`);
  const fits = last.length <= width;
  const head = `${paint('bold', question)}${fits ? '  ' : '\n'}${cutTo(status, width)}`;
  const help = wrapWords(isEmpty ? NONE_CHOSEN : KEYS, width).map((line) => cutTo(line, width));
  const shown = matching(picking);
  const labels = Math.max(...rows.map(({ label }) => label.length));
  const texts = shown.map(({ node, label, state }, index) => {
    const mark = `${index === active ? '❯' : ' '}${chosen.has(node) ? '◉' : '◯'}`;
    // A letter of another script may be as wide as two.
    const plain = state.replace(/[^ -~]/g, '?');
    const text = cutTo(`${mark} ${label.padEnd(labels)}  ${plain}`, width);
    return paint(index === active ? 'busy' : undefined, text);
  });
  // The last line of the screen stays free.
  const height = screen.rows - head.split('\n').length - 1;
  const hasHelp = height - help.length >= 3;
  const list = texts.length > 0 ? texts : ['No node matches.'];
  return [
    head,
    [
      ...windowOf(list, active, Math.max(height - (hasHelp ? help.length : 0), 1)),
      ...(hasHelp ? help.map((line) => paint(isEmpty ? 'bad' : 'dim', line)) : []),
    ].join('\n'),
  ];
}

/** The lines around the active one. The first and the last say what does not fit. */
function windowOf(lines: readonly string[], active: number, height: number) {
  if (lines.length <= height) return lines;
  const start = Math.min(Math.max(active - Math.floor(height / 2), 0), lines.length - height);
  const visible = lines.slice(start, start + height);
  const below = lines.length - start - height;
  if (height < 3) return visible;
  if (start > 0) visible[0] = ` ↑ ${start + 1} above`;
  if (below > 0) visible[height - 1] = ` ↓ ${below + 1} below`;
  return visible;
}

interface PickerConfig {
  message: string;
  nodes: readonly NodeChoice[];
  screen: Screen;
  theme: Parameters<typeof usePrefix>[0]['theme'];
}

export const nodePicker = createPrompt<Id[], PickerConfig>((config, done) => {
  const { message, nodes, screen, theme } = config;
  const [picking, setPicking] = useState(() => startPicking(nodes));
  const [status, setStatus] = useState<'idle' | 'done'>('idle');
  const prefix = usePrefix({ status, theme });
  useKeypress((key, line) => {
    // Each key is typed into an empty line, so that the line has what this one types.
    const next = afterKey(picking, key, line.line);
    line.clearLine(0);
    setPicking(next);
    if (!isEnterKey(key) || next.isEmpty) return;
    setStatus('done');
    done(pickedNodes(next));
  });
  const [head, list] = pickerFrame(picking, `${prefix} ${message}`, screen);
  return status === 'done' ? head : [head, list];
});
