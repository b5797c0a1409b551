import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['**/dist/', 'coverage/', 'node_modules/', 'bench/.cache/'] },
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: { allowDefaultProject: ['eslint.config.js'] }, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // Indexing a typed array inside its bounds needs a "!" under noUncheckedIndexedAccess; kernels are full of it.
      '@typescript-eslint/no-non-null-assertion': 'off',
      // Rows of pg and bodies of HTTP answers enter as any; they are given a type where they are read.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': 'off',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'off',
    },
  },
  {
    files: ['src/aggregation/**/*.ts'],
    rules: {
      'no-restricted-properties': ['error', { object: 'Math', property: 'pow', message: 'Its bits differ between Nodes: take power of numeric/power.ts.' }],
      'no-restricted-syntax': ['error', { selector: 'BinaryExpression[operator="**"]:not([left.value=2]):not([right.value=2])', message: 'Its bits differ between Nodes: take power of numeric/power.ts.' }],
    },
  },
  // Benches are plain scripts over the build.
  { files: ['eslint.config.js', '**/*.mjs'], ...tseslint.configs.disableTypeChecked },
);
