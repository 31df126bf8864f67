// Takes the pictures of docs/pictures/ from real runs against the sandbox: npm run pictures [-- --to DIR] [NAME…]
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Scene } from '../../test/helpers/scene.js';
import { emulate } from '../../test/helpers/screen.js';
import { framesOf } from './film.js';
import { cropped, gridOf } from './grid.js';
import { record, type Moment } from './recording.js';
import { SUBJECTS, type Subject } from './subjects.js';
import { filmSvg, stillSvg, THEMES, type Theme } from './svg.js';

const { values, positionals } = parseArgs({
  options: { to: { type: 'string', default: 'docs/pictures' } },
  allowPositionals: true,
});
mkdirSync(values.to, { recursive: true });
await Promise.all((positionals.length > 0 ? positionals : Object.keys(SUBJECTS)).map(take));

async function take(name: string): Promise<void> {
  const subject = SUBJECTS[name];
  if (!subject) throw new Error(`no picture ${name}; there is ${Object.keys(SUBJECTS).join(', ')}`);
  const draw = await drawing(subject, await play(subject));
  for (const [theme, colours] of Object.entries(THEMES)) {
    const path = join(values.to, `${name}-${theme}.svg`);
    writeFileSync(path, draw(colours));
    console.log(path);
  }
}

async function play({ sandbox, before, lines, size, cues }: Subject): Promise<Moment[]> {
  const scene = await Scene.open(sandbox);
  try {
    if (before) await scene.ldctl(before);
    return await record(scene, lines, size, cues);
  } finally {
    await scene.close();
  }
}

async function drawing({ film, size, title }: Subject, moments: readonly Moment[]): Promise<(theme: Theme) => string> {
  if (film) {
    const frames = await framesOf(moments);
    return (theme) => filmSvg(frames, theme, title);
  }
  const grid = cropped(gridOf(await emulate(moments)));
  return (theme) => stillSvg(grid, size.columns, theme, title);
}
