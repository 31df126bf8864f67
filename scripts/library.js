/**
 * What programs import (`exports` of package.json): its name, its file in dist/ without `.js`, and
 * what both are made of.
 */
export const LIBRARY = [
  { name: 'ldctl', file: 'index', source: 'src/index.ts' },
  { name: 'ldctl/client', file: 'client', source: 'src/api/index.ts' },
  { name: 'ldctl/sandbox', file: 'sandbox', source: 'src/sandbox/index.ts' },
];

/** Where the types of an entry are, below the folder of all types. */
export function typesOf({ source }) {
  return source.replace(/^src\//, '').replace(/\.ts$/, '.d.ts');
}
