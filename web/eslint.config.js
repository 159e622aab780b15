import js from "@eslint/js";
import hooks from "eslint-plugin-react-hooks";
import globals from "globals";
import tseslint from "typescript-eslint";

const size = {
  "max-lines": ["error", { max: 300, skipBlankLines: false }],
  "max-lines-per-function": ["error", { max: 40, skipComments: true }],
};

export default tseslint.config(
  { ignores: ["dist/**", "**/node_modules/**", "*/src/api/schema.d.ts"] },
  {
    files: ["{customer,admin,shared}/**/*.{ts,tsx}"],
    extends: [js.configs.recommended, ...tseslint.configs.strictTypeChecked, hooks.configs.flat.recommended],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: { ...size, "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreVoidOperator: true }] },
  },
  { files: ["customer/tests/**"], rules: { "max-lines-per-function": "off" } },
  {
    files: ["**/*.{js,mjs}"],
    extends: [js.configs.recommended],
    languageOptions: { globals: { ...globals.node, ...globals.browser } },
    rules: size,
  },
);
