// TypeScript is checked with typescript-eslint's strict rules, with types. assembly/ is AssemblyScript, which looks like TypeScript
// but is not: its own compiler and scripts/check-layers.mjs check it.
import eslint from "@eslint/js";
import tseslint from "typescript-eslint";

export default tseslint.config(
  {
    ignores: [
      "build/",
      "bench/quire/",
      "data/",
      "assembly/",
      "examples/assembly/",
      "examples/web-service/",
      "node_modules/",
      "tests/fixtures/",
      "tests/reference/",
      "target/",
    ],
  },
  eslint.configs.recommended,
  {
    files: ["**/*.{js,mjs}"],
    languageOptions: {
      globals: {
        console: "readonly",
        fetch: "readonly",
        AbortController: "readonly",
        performance: "readonly",
        Buffer: "readonly",
        URL: "readonly",
        WebAssembly: "readonly",
        setTimeout: "readonly",
        clearTimeout: "readonly",
      },
    },
  },
  {
    files: ["**/*.ts"],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      // It asks for `!`, which the strict rules forbid.
      "@typescript-eslint/non-nullable-type-assertion-style": "off",
      // Numbers in messages are wanted.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      // `process.env["NAME"] || fallback`: an empty variable means the same as none.
      "@typescript-eslint/prefer-nullish-coalescing": ["error", { ignorePrimitives: { string: true } }],
      // node:test's `test` returns a promise that need not be awaited.
      "@typescript-eslint/no-floating-promises": [
        "error",
        { allowForKnownSafeCalls: [{ from: "package", package: "node:test", name: ["test", "it", "describe", "suite"] }] },
      ],
    },
  },
  {
    files: ["tests/**/*.ts"],
    rules: { "@typescript-eslint/no-non-null-assertion": "off" },
  },
  {
    // Hooks that the simulated host calls change what the rule takes for constant.
    files: ["tests/torture/*.ts"],
    rules: { "@typescript-eslint/no-unnecessary-condition": "off" },
  },
  {
    files: ["host/webassembly.d.ts"],
    rules: { "@typescript-eslint/no-extraneous-class": "off", "@typescript-eslint/no-namespace": "off" },
  },
);
