import assert from 'node:assert/strict';

const TAG = /<(\/?)([a-z]+)((?: [\w:-]+="[^"<]*")*)(\/?)>/g;

/**
 * The texts of a picture, in the order they are drawn.
 * @throws AssertionError when it is not well-formed, as far as a picture without comments and sections can be
 */
export function textsIn(svg: string): string[] {
  const open: string[] = [];
  const rest = svg.replaceAll(TAG, (_tag, end: string, name: string, _attributes, alone: string) => {
    if (end !== '') assert.equal(open.pop(), name, `</${name}> ends something else`);
    else if (alone === '') open.push(name);
    return '';
  });
  assert.deepEqual(open, [], 'tags without an end');
  assert.doesNotMatch(rest, /[<>]|&(?!amp;|lt;|gt;)/, 'something that is no tag and no text');
  return [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text = '']) => text);
}
