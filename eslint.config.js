import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

/**
 * What a command touches of its process comes from the host, so that a test can hand it another
 * one.
 */
const FROM_HOST = ['env', 'platform', 'stdin', 'stdout', 'stderr'].map((property) => ({
  object: 'process',
  property,
  message: 'Take it from the host (src/cli/host.ts).',
}));

export default defineConfig(
  { ignores: ['build/', 'dist/', 'node_modules/', '**/*.cjs'] },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        // One program for all, as for `npm run types`: each takes seconds of its own.
        project: 'test/tsconfig.json',
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      // A bigint or a number in a message is what it looks like.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      // `for (;;)` says it better, yet `while (true)` around an await is no mistake.
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: true },
      ],
      eqeqeq: 'error',
      // A body on a line of its own has braces.
      curly: ['error', 'multi-line'],
      'no-console': 'error',
    },
  },
  {
    files: ['**/*.js', 'examples/**/*.mjs'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        setTimeout: 'readonly',
        AbortController: 'readonly',
      },
    },
  },
  {
    files: ['bin/*.js'],
    languageOptions: {
      sourceType: 'commonjs',
      globals: { require: 'readonly', exports: 'readonly', __dirname: 'readonly' },
    },
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
  {
    files: ['src/**'],
    // The host itself, and what programs use as a library, which have no host.
    ignores: ['src/cli/host.ts', 'src/api/client.ts', 'src/index.ts'],
    rules: {
      'no-restricted-properties': ['error', ...FROM_HOST],
      'no-restricted-imports': ['error', 'node:process', 'process'],
    },
  },
  {
    // What is hard to read is hard to change. A switch counts once; CONTRIBUTING says more under "Size".
    files: ['src/**'],
    rules: {
      complexity: ['error', { max: 12, variant: 'modified' }],
      'max-lines-per-function': ['error', 60],
      'max-depth': ['error', 3],
      'max-lines': ['error', 400],
    },
  },
  { files: ['scripts/**', 'bench/**', 'examples/**'], rules: { 'no-console': 'off' } },
);
