import { type MemorySink } from '../../../helpers/memory-output.js';
import { Screen, withoutEnd } from '../../../helpers/screen.js';

/** What a user sees after everything that was written to a sink, above the screen too. */
export async function screenLines(sink: MemorySink): Promise<string[]> {
  const screen = new Screen(sink);
  screen.write(sink.text);
  return withoutEnd(await screen.lines('all'));
}
