// Checks types and lints, by one program: half of what lint takes is to find the types, and
// `npm run types` beside it would find them once more. With paths of files only those are linted,
// and types are checked anew only where something changed since the last time.
import { ESLint } from 'eslint';
import ts from 'typescript';

const CONFIG = 'test/tsconfig.json';

const { options, fileNames, errors } = ts.getParsedCommandLineOfConfigFile(CONFIG, undefined, {
  ...ts.sys,
  onUnRecoverableConfigFileDiagnostic: (error) => report([error]),
});
report(errors);
const files = process.argv.slice(2);
const program = files.length > 0 ? checkChanges() : checkAll();

const eslint = new ESLint({
  overrideConfig: {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { project: null, programs: [program] } },
  },
  warnIgnored: false,
});
const results = await eslint.lintFiles(files.length > 0 ? files : '.');
const formatter = await eslint.loadFormatter('stylish');
process.stdout.write(await formatter.format(results));
if (results.some(({ errorCount, warningCount }) => errorCount + warningCount > 0)) {
  process.exitCode = 1;
}

function checkAll() {
  const all = ts.createProgram(fileNames, options);
  report(ts.getPreEmitDiagnostics(all));
  return all;
}

function checkChanges() {
  const incremental = ts.createIncrementalProgram({
    rootNames: fileNames,
    options: {
      ...options,
      incremental: true,
      tsBuildInfoFile: 'node_modules/.cache/lint.tsbuildinfo',
    },
  });
  report([...incremental.getSyntacticDiagnostics(), ...incremental.getSemanticDiagnostics()]);
  incremental.emit();
  return incremental.getProgram();
}

/** Prints what the compiler finds wrong, as `tsc` does. */
function report(diagnostics) {
  if (diagnostics.length === 0) return;
  process.exitCode = 1;
  const host = {
    getCurrentDirectory: () => process.cwd(),
    getCanonicalFileName: (name) => name,
    getNewLine: () => '\n',
  };
  process.stdout.write(ts.formatDiagnostics(diagnostics, host));
}
