import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { storyOf } from './story.js';
import type { Plan } from './choices.js';
import { play } from './play.js';
import { settingNamed } from './settings.js';

/*
 * Twelve stories as text, in test/model/stories: what the job does when things go wrong, a line a
 * step. Read them first. `UPDATE=1` writes them anew; look at the difference before committing it.
 */

/** What goes wrong, in order: each at the first choice that offers it, from `after` on. */
type Wrong = ReadonlyArray<string | number | { what: string | number; after: number }>;

const STORIES: ReadonlyArray<[file: string, setting: string, wrong: Wrong]> = [
  ['01-all-goes-well', 'named nodes', []],
  ['02-an-answer-is-lost', 'named nodes', ['lost after']],
  ['03-a-post-is-lost', 'named nodes', ['lost before']],
  ['04-killed-and-run-again', 'killed and run again', ['killed after']],
  ['05-killed-before-it-was-sent', 'killed and run again', ['killed before']],
  ['06-two-processes', 'two processes, keys ignored', ['another continues']],
  ['07-a-late-entry-of-the-trigger-before', 'one node, a late entry', []],
  ['08-an-entry-never-shows', 'named nodes', [Infinity]],
  ['09-a-node-rejects', 'named nodes', ['rejected']],
  ['10-a-gate-fails', 'a gated roll, killed and run again', ['fails']],
  ['11-ctrl-c-within-a-post', 'one node', ['interrupt after']],
  ['12-ctrl-c-twice', 'a roll of three', [{ what: 'Ctrl-C', after: 10 }, 'Ctrl-C']],
];

describe('twelve stories', () => {
  for (const [file, setting, wrong] of STORIES) {
    it(file.replaceAll('-', ' '), async () => {
      const url = new URL(`stories/${file}.txt`, import.meta.url);
      const plan = await planOf(setting, wrong);
      const story = await storyOf(settingNamed(setting), { plan, faults: plan.length });
      if (process.env.UPDATE === '1') writeFileSync(url, story);
      assert.equal(existsSync(url) ? readFileSync(url, 'utf8') : '', story);
    });
  }
});

async function planOf(setting: string, wrong: Wrong): Promise<Plan> {
  const plan: Array<[number, number]> = [];
  for (const one of wrong) {
    const { what, after } = typeof one === 'object' ? one : { what: one, after: 0 };
    const from = Math.max(after, (plan.at(-1)?.[0] ?? -1) + 1);
    const next = await firstOf(setting, plan, what, from);
    assert.ok(next, `nothing offers ${what}`);
    plan.push(next);
  }
  return plan;
}

/** The first choice that offers this. */
async function firstOf(
  setting: string,
  plan: Plan,
  what: string | number,
  from: number,
): Promise<[number, number] | null> {
  const budget = plan.length + 1;
  const { choices } = await play(settingNamed(setting), plan, budget);
  for (let at = from; at < choices.length; at++) {
    for (let option = 1; option < (choices[at]?.options ?? 0); option++) {
      const { faults } = await play(settingNamed(setting), [...plan, [at, option]], budget);
      if (faults.at(-1) === what) return [at, option];
    }
  }
  return null;
}
