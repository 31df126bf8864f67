import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../helpers/root.js';

describe('the examples of commands', () => {
  const folder = join(ROOT, 'docs/commands');
  const examples = readdirSync(folder).flatMap((page) =>
    [...readFileSync(join(folder, page), 'utf8').matchAll(/^EXAMPLES\n(.*?)\n(?=```|\n)/gms)].flatMap(([, text = '']) =>
      text.split('\n').map((line) => ({ page, line })),
    ),
  );

  it('break no line within quotes, and need no single ones, which cmd does not know', () => {
    assert.ok(examples.some(({ line }) => line.includes('"op read op://ops/laserdata/key"')));
    for (const { page, line } of examples) {
      assert.equal(line.split('"').length % 2, 1, `${page}: ${line}`);
      assert.doesNotMatch(line, /^ +\$?.* '/, page);
    }
  });
});
