/**
 * Packages that the code of others imports, and that nothing here ever comes to use: what they are for, and the names
 * that are asked for where they are imported.
 */
const LEFT_OUT = {
  // got
  'cacheable-request': { for: 'keeping answers', names: ['default', 'CacheError'] },
  'cacheable-lookup': { for: 'keeping addresses of hosts', names: ['default'] },
  'http2-wrapper': { for: 'HTTP/2', names: ['default'] },
  'decompress-response': { for: 'compressed answers, which are not asked for', names: ['default'] },
  // @oclif/core
  tinyglobby: { for: 'finding commands where there is no manifest', names: ['glob'] },
  minimatch: { for: 'finding plugins', names: ['minimatch'] },
  lilconfig: { for: 'settings of oclif outside of package.json', names: ['lilconfig'] },
};

const NAMESPACE = 'left-out';

/** An esbuild plugin: in the place of each stands a module whose names say so when they are called. */
export const leaveOut = {
  name: 'leave-out',
  setup({ onResolve, onLoad }) {
    const filter = new RegExp(`^(${Object.keys(LEFT_OUT).join('|')})$`);
    onResolve({ filter }, ({ path }) => ({ path, namespace: NAMESPACE }));
    onLoad({ filter, namespace: NAMESPACE }, ({ path }) => {
      const { names, for: what } = LEFT_OUT[path];
      const message = JSON.stringify(`${path} (${what}) is not in this bundle`);
      // A class, so that `instanceof` can ask for it.
      const missing = `class Missing extends Error { constructor() { super(${message}); throw this; } }`;
      return { contents: `${missing}\n${names.map((name) => `export { Missing as ${name} };`).join('\n')}` };
    });
  },
};
