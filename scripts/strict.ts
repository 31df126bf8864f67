/** What the published types have to do with: strict options, and neither DOM nor @types/node. */
export const STRICT = {
  target: 'es2022',
  lib: ['es2022'],
  module: 'nodenext',
  moduleResolution: 'nodenext',
  types: [],
  strict: true,
  noEmit: true,
};
