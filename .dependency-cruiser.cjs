/**
 * Imports point down (docs/architecture.md): commands → cli → app → job → log → base. Beside them
 * are api, config, which takes from api what Core's answers and a base URL are, and output, which
 * shows the events of a job. The sandbox shares with the rest only what an id and an activity are.
 */
const MAY_IMPORT = {
  base: [],
  log: ['base'],
  job: ['log', 'base'],
  api: ['base'],
  config: ['base', 'api'],
  output: ['job', 'base'],
  app: ['job', 'log', 'api', 'config', 'base'],
  cli: ['app', 'job', 'log', 'api', 'config', 'output', 'base'],
};
/** The rooms of cli. What lies beside them (a context, its host, a command's base) any may use. */
const ROOM_MAY_IMPORT = {
  line: [],
  asking: ['line'],
  acting: ['asking', 'line'],
  reading: ['asking', 'line'],
  profiles: ['asking', 'line'],
};
const folder = (name) => `^src/${name}/`;
const importsDown = (may, within) =>
  Object.entries(may).map(([from, allowed]) => ({
    name: `${from}-imports-down`,
    severity: 'error',
    from: { path: folder(within + from) },
    to: {
      path: within ? `^src/${within}.+/` : '^src/',
      pathNot: [from, ...allowed].map((name) => folder(within + name)),
    },
  }));

module.exports = {
  forbidden: [
    { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-orphan',
      severity: 'error',
      from: {
        orphan: true,
        path: '^src/',
        pathNot: '^src/(commands|index|api/index|sandbox/index)|\\.d\\.ts$',
      },
      to: {},
    },
    ...importsDown(MAY_IMPORT, ''),
    ...importsDown(ROOM_MAY_IMPORT, 'cli/'),
    {
      name: 'sandbox-shares-wire-types-only',
      severity: 'error',
      comment: 'A mistake in the client must be seen by the sandbox, and the other way round.',
      from: { path: folder('sandbox') },
      to: { path: '^src/', pathNot: ['^src/sandbox/', '^src/base/(activity|ids)\\.ts$'] },
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
