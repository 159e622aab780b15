import { convertCssVariables, defaultCssVariablesResolver, mergeMantineTheme, DEFAULT_THEME } from "@mantine/core";
import type { Plugin } from "vite";
import { resolveVariables, theme } from "./theme/theme.ts";

const id = "virtual:theme.css";

const palettes = new RegExp(`^--mantine-color-(${Object.keys(DEFAULT_THEME.colors).join("|")})-`);
const used = /^--mantine-color-(gray|dark|red|yellow)-/;

/** Without the palettes nobody uses: they would be a tenth of the first load. */
function lean(variables: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(variables).filter(([name]) => !palettes.test(name) || used.test(name)));
}

function themeCss(): string {
  const merged = mergeMantineTheme(DEFAULT_THEME, theme);
  const standard = defaultCssVariablesResolver(merged);
  const own = resolveVariables(merged);
  return convertCssVariables(
    {
      variables: lean({ ...standard.variables, ...own.variables }),
      light: lean({ ...standard.light, ...own.light }),
      dark: lean({ ...standard.dark, ...own.dark }),
    },
    ":root",
  );
}

/**
 * Writes the theme's variables into the stylesheet at build time. Mantine would put them into a `<style>` element when the
 * page starts, which the content security policy (`style-src 'self'`) refuses.
 */
export function themeStylesheet(): Plugin {
  return {
    name: "theme-stylesheet",
    resolveId: (source) => (source === id ? `\0${id}` : undefined),
    load: (source) => (source === `\0${id}` ? themeCss() : undefined),
  };
}
