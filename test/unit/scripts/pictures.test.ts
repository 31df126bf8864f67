import assert from 'node:assert/strict';
import { framesOf } from '../../../scripts/pictures/film.js';
import { cropped, gridOf, type Grid } from '../../../scripts/pictures/grid.js';
import { filmSvg, stillSvg, THEMES, type Frame } from '../../../scripts/pictures/svg.js';
import { emulate } from '../../helpers/screen.js';
import { textsIn } from '../../helpers/svg.js';

const SIZE = { columns: 20, rows: 3 };
const ESCAPE = '\u001B';

const gridFrom = async (text: string): Promise<Grid> => gridOf(await emulate([{ text, size: SIZE }]));

/** When a part of a film can be seen: `[at, shown]`, in parts of its whole time. */
function timesOf(svg: string, text: string): Array<[number, string]> {
  const line = svg.split('\n').find((part) => part.includes(`>${text}</text>`)) ?? '';
  const values = /values="([^"]*)"/.exec(line)?.[1]?.split(';') ?? [];
  const times = /keyTimes="([^"]*)"/.exec(line)?.[1]?.split(';') ?? [];
  return values.map((value, index) => [Number(times[index]), value]);
}

describe('the grid of a terminal', () => {
  it('has each stretch of a line with its place and its looks', async () => {
    const grid = await gridFrom(
      `${ESCAPE}[1mNODE${ESCAPE}[22m  ${ESCAPE}[32mis up${ESCAPE}[39m\r\n\r\n${ESCAPE}[2mlast`,
    );
    assert.deepEqual(grid, [
      [
        { column: 0, text: 'NODE', colour: null, bold: true, dim: false },
        { column: 6, text: 'is up', colour: 2, bold: false, dim: false },
      ],
      [],
      [{ column: 0, text: 'last', colour: null, bold: false, dim: true }],
    ]);
  });

  it('is what is left after the screen was drawn over, without empty lines at the end', async () => {
    const grid = cropped(await gridFrom(`old\r\nold\r\n${ESCAPE}[2A${ESCAPE}[Jnew`));
    assert.deepEqual(
      grid.map((line) => line.map(({ text }) => text)),
      [['new']],
    );
  });
});

describe('a picture', () => {
  it('is well-formed whatever it shows, and says what is to be seen', async () => {
    const svg = stillSvg(await gridFrom('a <b> & "c"'), 20, THEMES.dark, 'less < more');
    assert.deepEqual(textsIn(svg), ['a &lt;b&gt; &amp; "c"']);
    assert.match(svg, /<title>less &lt; more<\/title>/);
  });

  it('has the colours of its theme, and pales what is dim', async () => {
    const grid = await gridFrom(`${ESCAPE}[31mbad${ESCAPE}[39m\r\n${ESCAPE}[2mdim`);
    assert.match(stillSvg(grid, 20, THEMES.light, ''), / fill="#cf222e">bad</);
    assert.match(stillSvg(grid, 20, THEMES.dark, ''), / fill="#ff7b72">bad<[^]* fill-opacity="0.6">dim</);
  });
});

describe('a film', () => {
  const frame = async (text: string, at: number, until: number): Promise<Frame> => ({
    at,
    until,
    size: SIZE,
    grid: await gridFrom(text),
  });

  it('shows each thing while it is there, and once', async () => {
    const frames = [
      await frame('stays\r\none', 0, 500),
      await frame('stays\r\ntwo', 500, 1500),
      await frame('stays\r\none', 1500, 2000),
    ];
    const svg = filmSvg(frames, THEMES.light, 'a film');
    assert.deepEqual(textsIn(svg).sort(), ['one', 'stays', 'two']);
    assert.deepEqual(timesOf(svg, 'stays'), []);
    assert.deepEqual(timesOf(svg, 'one'), [
      [0, 'visible'],
      [0.25, 'hidden'],
      [0.75, 'visible'],
    ]);
    assert.deepEqual(timesOf(svg, 'two'), [
      [0, 'hidden'],
      [0.25, 'visible'],
      [0.75, 'hidden'],
    ]);
  });

  it('shows its last frame where nothing moves', async () => {
    const svg = filmSvg([await frame('begins', 0, 500), await frame('ends', 500, 1000)], THEMES.light, 'a film');
    assert.match(svg, /<g visibility="hidden">.*>begins</);
    assert.match(svg, /<g visibility="visible">.*>ends</);
  });

  it('has a frame for what stands at the end of each half second, and one for each size', async () => {
    const small = { columns: 10, rows: 3 };
    const frames = await framesOf([
      { at: 1000, text: 'a', size: SIZE },
      { at: 1100, text: 'b', size: SIZE },
      { at: 1700, text: 'c', size: SIZE },
      { at: 2600, text: 'd', size: small },
    ]);
    assert.deepEqual(
      frames.map(({ at, until, size, grid }) => [at, until, size.columns, grid[0]?.[0]?.text]),
      [
        [0, 500, 20, 'ab'],
        [500, 1500, 20, 'abc'],
        [1500, 4500, 10, 'abcd'],
      ],
    );
  });
});
