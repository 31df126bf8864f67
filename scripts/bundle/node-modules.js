const NAMESPACE = 'node';

/**
 * How the CommonJS packages of the bundle get at Node's own modules: for each output, in front. Node 21, and 22 before
 * 22.3, do not have it; bin/run.js sees to that.
 */
export const REQUIRE = 'const require=process.getBuiltinModule;';
/** The same for what others load. It takes an import, which makes a start slower. */
export const REQUIRE_ANYWHERE =
  'import{createRequire as requireFrom}from"node:module";const require=process.getBuiltinModule??requireFrom(import.meta.url);';

/**
 * An esbuild plugin: these modules of Node's are asked for without an import. An import reads every name that a module
 * has, and behind some (`http.WebSocket`, `process.report`) lie other modules, all of Node's fetch among them, which
 * are loaded by that.
 */
export const nodeModules = {
  name: 'node-modules',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(node:)?(https?|process)$/ }, ({ path, kind }) => (kind === 'import-statement' ? { path, namespace: NAMESPACE } : null));
    onLoad({ filter: /.*/, namespace: NAMESPACE }, ({ path }) => ({
      contents: `module.exports = (0, require)(${JSON.stringify(path)});`,
    }));
  },
};
