/*
 * The text of a session, taken apart. The first two characters of a line say what it is; what a
 * command printed is made anew each time it is played, so it is skipped here.
 */

/** What a person typed, or what happens around it. */
export interface Step {
  /** `note`: a comment; `event`: `> …`; `screen`: `@ …`; `command`: `$ …`. */
  is: 'note' | 'event' | 'screen' | 'command';
  /** Of a command, whose shell: '', or the letter before `$`. */
  shell: string;
  /** Without what says what it is. */
  text: string;
  /** Counted from 1. */
  line: number;
}

export interface Script {
  /** Its first comment: what it shows, in one sentence or more. */
  title: string;
  /** The `#names` at the end of it. */
  tags: readonly string[];
  steps: readonly Step[];
}

/** A session that cannot be played, and in which line. */
export class ScriptError extends Error {
  constructor(
    readonly line: number,
    why: string,
    options?: ErrorOptions,
  ) {
    super(`line ${line}: ${why}`, options);
  }
}

const INPUT: ReadonlyArray<readonly [mark: RegExp, is: Step['is']]> = [
  [/^()# ?(.*)$/, 'note'],
  [/^()> (.*)$/, 'event'],
  [/^()@ ?(.*)$/, 'screen'],
  [/^([A-Z]?)\$ (.*)$/, 'command'],
];
/** What is printed anew each time. */
export const isOutput = (line: string): boolean => OUTPUT.test(line);
const OUTPUT = /^(?:$|[A-Z]?(?: {2}|!$|! |= |~ ))/;
const TAG = /\s#([a-z][a-z0-9-]*)$/;

/** @throws ScriptError */
export function readScript(text: string): Script {
  const steps: Step[] = [];
  for (const [index, whole] of text.split(/\r?\n/).entries()) {
    const line = index + 1;
    const found = INPUT.flatMap(([mark, is]) => {
      const [, shell = '', rest] = mark.exec(whole) ?? [];
      return rest === undefined ? [] : [{ is, shell, text: rest, line }];
    });
    if (found.length === 0 && !isOutput(whole)) {
      throw new ScriptError(line, `a line that begins with none of "# > $ @", nor as output does`);
    }
    steps.push(...found);
  }
  const start = steps.findIndex(({ is }) => is !== 'note');
  let title = steps
    .slice(0, Math.max(start, 0))
    .map((step) => step.text)
    .join(' ')
    .trim();
  if (title === '') {
    throw new ScriptError(1, 'a session begins with a comment that says what it shows');
  }
  if (!steps.some(({ is }) => is === 'command')) throw new ScriptError(1, 'it has no command');
  const tags: string[] = [];
  for (let tag = TAG.exec(title); tag; tag = TAG.exec(title)) {
    tags.unshift(tag[1] ?? '');
    title = title.slice(0, tag.index).trim();
  }
  return { title, tags, steps };
}

const MARKS = { note: '#', event: '>', screen: '@', command: '$' } as const;

/** A step as it stands in the text. */
export const stepText = ({ is, shell, text }: Step): string =>
  `${shell}${MARKS[is]} ${text}`.trimEnd();

/** Lets an error say in which line it came. */
export async function inLine<T>({ line }: Step, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error) || error instanceof ScriptError) throw error;
    throw new ScriptError(line, error.message, { cause: error });
  }
}
