import js from "@eslint/js";
import a11y from "eslint-plugin-jsx-a11y";
import hooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

export default tseslint.config(
    { ignores: ["dist", "src/api/contract.gen.ts"] },
    js.configs.recommended,
    {
        files: ["**/*.{ts,tsx}"],
        extends: [
            ...tseslint.configs.strictTypeChecked,
            ...tseslint.configs.stylisticTypeChecked,
            a11y.flatConfigs.strict,
        ],
        plugins: { "react-hooks": hooks },
        languageOptions: { parserOptions: { projectService: true } },
        rules: {
            "react-hooks/rules-of-hooks": "error",
            "react-hooks/exhaustive-deps": "error",
            // CSS lays the table out as cards on a phone, and then only explicit roles keep it a table.
            "jsx-a11y/no-redundant-roles": "off",
            "jsx-a11y/no-interactive-element-to-noninteractive-role": "off",
            "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
            "@typescript-eslint/switch-exhaustiveness-check": "error",
        },
    },
    {
        files: ["scripts/*.mjs", "eslint.config.js"],
        languageOptions: { globals: { console: "readonly", URL: "readonly" } },
    },
);
