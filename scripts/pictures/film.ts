import { emulate } from '../../test/helpers/screen.js';
import { gridOf } from './grid.js';
import { type Moment } from './recording.js';
import { type Frame } from './svg.js';

/** How long a frame stands at least, and how long the last one does, in milliseconds. */
const FRAME_MS = 500;
const LAST_MS = 3000;

/** The frames of a recording, from the first thing that is to be seen on: one each half second in which anything came. */
export async function framesOf(moments: readonly Moment[]): Promise<Frame[]> {
  const begun = moments[0]?.at ?? 0;
  const frames: Frame[] = [];
  for (const [index, { at, size }] of moments.entries()) {
    const slot = Math.floor((at - begun) / FRAME_MS);
    const next = moments[index + 1];
    // The last that comes in its slot of time is what stands there; a change of the size is seen at once.
    if (next && Math.floor((next.at - begun) / FRAME_MS) === slot && next.size === size) continue;
    const grid = gridOf(await emulate(moments.slice(0, index + 1)));
    frames.push({ at: slot * FRAME_MS, until: 0, size, grid });
  }
  return closed(frames.filter(({ at }, index) => frames[index + 1]?.at !== at));
}

/** Each stands until the next one comes. */
function closed(frames: readonly Frame[]): Frame[] {
  return frames.map((frame, index) => ({ ...frame, until: frames[index + 1]?.at ?? frame.at + LAST_MS }));
}
