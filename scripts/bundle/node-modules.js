const NAMESPACE = 'node';

/** How the CommonJS packages of the bundle get at Node's own modules: for each output, in front. */
export const REQUIRE = 'const require=process.getBuiltinModule;';

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
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`,
    }));
  },
};
