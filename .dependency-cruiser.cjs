/**
 * Imports point down (docs/architecture.md): commands → cli → library → {activities, api, config,
 * output} → base. Modules beside each other do not know each other, but for what Core says, in
 * config; and the sandbox shares with the rest only what an id and an activity are.
 */
const folder = (name) => `^src/${name}/`;
const only = (from, allowed) => ({
  name: `${from}-imports-down`,
  severity: 'error',
  from: { path: folder(from) },
  to: { path: '^src/', pathNot: allowed.map(folder) },
});

module.exports = {
  forbidden: [
    { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-orphan',
      severity: 'error',
      from: {
        orphan: true,
        path: '^src/',
        pathNot: '^src/(commands|index|api/index|sandbox/(start-sandbox|index))|\\.d\\.ts$',
      },
      to: {},
    },
    only('base', ['base']),
    only('system', ['system', 'base']),
    only('log', ['log', 'base']),
    only('job', ['job', 'log', 'base']),
    only('activities', ['activities', 'job', 'log', 'base']),
    only('api', ['api', 'base']),
    only('config', ['config', 'system', 'base', 'api']),
    only('output', ['output', 'job', 'system', 'base']),
    only('library', ['library', 'activities', 'job', 'log', 'api', 'config', 'system', 'base']),
    only('cli', [
      'cli',
      'library',
      'activities',
      'job',
      'log',
      'api',
      'config',
      'output',
      'system',
      'base',
    ]),
    {
      name: 'sandbox-shares-wire-types-only',
      severity: 'error',
      comment: 'A mistake in the client must be seen by the sandbox, and the other way round.',
      from: { path: folder('sandbox') },
      to: { path: '^src/', pathNot: ['^src/(sandbox|system)/', '^src/base/(activity|ids)\\.ts$'] },
    },
    {
      name: 'only-commands-start-the-sandbox',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/sandbox/', '^src/commands/sandbox/'] },
      to: { path: folder('sandbox') },
    },
    {
      name: 'dependencies-are-declared',
      severity: 'error',
      from: { path: '^src/' },
      comment: 'All but native code is bundled, and so is a dependency of development.',
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'unknown'] },
    },
    {
      name: 'http-lives-in-api',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/(api|sandbox)/'] },
      to: { path: 'node_modules/got/|^(node:)?https?$' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'default'],
    },
  },
};
