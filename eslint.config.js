import js from '@eslint/js';
import tseslint from 'typescript-eslint';

const CLOCKS_AND_CHANCE = [
  { object: 'Date', property: 'now', message: 'Time is an argument in pure packages.' },
  { object: 'performance', property: 'now', message: 'Time is an argument in pure packages.' },
  { object: 'Math', property: 'random', message: 'Randomness is an argument in pure packages.' },
];

export default tseslint.config(
  { ignores: ['**/dist/**', '**/node_modules/**', '.trustmonitor/**', '.turbo/**'] },
  js.configs.recommended,
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: {
        // One program for all that runs on Node, whose checker works out once what all share; what runs
        // in browsers has other globals.
        project: [
          './tsconfig.lint.json',
          './packages/console/tsconfig.json',
          './packages/evidence/page/tsconfig.json',
        ],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      // Schemas and the types derived from them share one name on purpose.
      '@typescript-eslint/no-redeclare': 'off',
      // There are no enums (`erasableSyntaxOnly`), and classes here are compared by their shape;
      // the two rules took a third of the time.
      '@typescript-eslint/no-unsafe-enum-assignment': 'off',
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      'no-console': 'error',
      eqeqeq: 'error',
      'max-lines-per-function': [
        'error',
        { max: 70, skipBlankLines: true, skipComments: true, IIFEs: true },
      ],
      'max-lines': ['error', { max: 350, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    // What a browser runs.
    files: ['packages/coordinator/pages/**/*.js'],
    languageOptions: {
      globals: {
        DOMParser: 'readonly',
        document: 'readonly',
        fetch: 'readonly',
        location: 'readonly',
        setInterval: 'readonly',
      },
    },
  },
  {
    // Pure packages: no clock, no chance, no timers (STYLE: purity is compiled and linted).
    files: [
      'packages/protocol/src/**/*.ts',
      'packages/quorum/src/**/*.ts',
      'packages/evidence/src/**/*.ts',
      'packages/alerting/src/**/*.ts',
    ],
    ignores: ['packages/evidence/src/node/**'],
    rules: {
      'no-restricted-properties': ['error', ...CLOCKS_AND_CHANCE],
      'no-restricted-globals': [
        'error',
        'setTimeout',
        'setInterval',
        'setImmediate',
        'queueMicrotask',
        'process',
        'fetch',
        'crypto',
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: "NewExpression[callee.name='Date'][arguments.length=0]",
          message: 'Time is an argument in pure packages.',
        },
      ],
    },
  },
  {
    files: ['**/test/**/*.ts', 'vitest.config.ts'],
    rules: {
      'max-lines-per-function': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
    },
  },
  {
    files: ['**/*.mjs', '**/*.cjs', '*.js'],
    languageOptions: {
      globals: {
        console: 'readonly',
        process: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
        URL: 'readonly',
        AbortSignal: 'readonly',
        fetch: 'readonly',
        performance: 'readonly',
      },
    },
  },
);
