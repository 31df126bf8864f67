import { performance } from 'node:perf_hooks';
import { posixQuoted } from '../../src/system/shell.js';
import { type Scene } from '../../test/helpers/scene.js';
import { type Size, type Written } from '../../test/helpers/screen.js';
import { Terminal } from '../../test/helpers/terminal.js';

/** What a terminal was written at one moment. */
export interface Moment extends Written {
  /** Milliseconds since the command line was there. */
  at: number;
}

/** Something that happens to the terminal, or to the recording, when it shows this. */
export interface Cue {
  when: RegExp;
  do: 'stop' | Size;
}

/**
 * Types a command line into a shell at a terminal, and records what comes: until a cue stops it, else until it ends.
 * @param lines each is shown after a `$`, and run; one may go on in the next line after a backslash
 */
export async function record(
  scene: Scene,
  lines: readonly string[],
  size: Size,
  cues: readonly Cue[],
): Promise<Moment[]> {
  const terminal = new Terminal(['sh', '-c', script(lines)], scene.env, size);
  const moments: Moment[] = [];
  const begun = performance.now();
  let now = size;
  let stopped = false;
  terminal.hear((text) => {
    if (!stopped) moments.push({ at: performance.now() - begun, text, size: now });
  });
  try {
    for (const { when, do: action } of cues) {
      await terminal.shows(when);
      if (action === 'stop') {
        stopped = true;
        return moments;
      }
      now = action;
      terminal.resize(action);
    }
    await terminal.ended();
    return moments;
  } finally {
    terminal.kill();
  }
}

/** Shows each line as if it had been typed, and hands the exit code of one on to the next. */
function script(lines: readonly string[]): string {
  const say = 'say() { was=$?; printf "%s\\n" "$1"; return "$was"; }';
  return [say, ...lines.flatMap((line) => [`say ${posixQuoted(`$ ${line.replaceAll('\n', '\n> ')}`)}`, line])].join(
    '\n',
  );
}
