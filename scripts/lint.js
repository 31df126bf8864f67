// Checks types and lints, by one program: half of what lint takes is to find the types, and
// `npm run types` beside it would find them once more.
import { ESLint } from 'eslint';
import ts from 'typescript';

const CONFIG = 'test/tsconfig.json';

const { options, fileNames, errors } = ts.getParsedCommandLineOfConfigFile(CONFIG, undefined, {
  ...ts.sys,
  onUnRecoverableConfigFileDiagnostic: (error) => report([error]),
});
const program = ts.createProgram(fileNames, options);
report([...errors, ...ts.getPreEmitDiagnostics(program)]);

const eslint = new ESLint({
  overrideConfig: {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { project: null, programs: [program] } },
  },
});
const results = await eslint.lintFiles('.');
const formatter = await eslint.loadFormatter('stylish');
process.stdout.write(await formatter.format(results));
if (results.some(({ errorCount, warningCount }) => errorCount + warningCount > 0)) {
  process.exitCode = 1;
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
