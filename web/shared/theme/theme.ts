import { createTheme, defaultVariantColorsResolver, type CSSVariablesResolver, type MantineColorsTuple } from "@mantine/core";

const spruce: MantineColorsTuple = [
  "#e9f5f1", "#d3e9e2", "#a6d3c6", "#7ccdb6", "#4fa790", "#349880", "#1f8a72", "#0f7360", "#0b5d4d", "#07473b",
];
const gray: MantineColorsTuple = [
  "#f6f8f6", "#eff3f0", "#e3e9e5", "#d2dad5", "#b5c0ba", "#8b9891", "#5f6d66", "#46534d", "#2b3632", "#14211d",
];
const dark: MantineColorsTuple = [
  "#e6eeea", "#b4c2bb", "#93a39b", "#5f6f68", "#2d3a35", "#222d29", "#19221f", "#0f1513", "#0b100e", "#070b09",
];
const red: MantineColorsTuple = [
  "#fdeeec", "#f9d9d5", "#f2b1aa", "#f0958b", "#e3685c", "#d64b3f", "#c63a2f", "#b02c23", "#9b241c", "#7d1a14",
];

const family = '"Instrument Sans Variable", ui-sans-serif, system-ui, "Segoe UI", sans-serif';

/** The product's look: one accent (spruce), one signal (marigold), greenish neutrals, a 1.2 type scale. */
export const theme = createTheme({
  colors: { spruce, gray, dark, red },
  primaryColor: "spruce",
  primaryShade: { light: 8, dark: 3 },
  black: "#14211d",
  fontFamily: family,
  fontSizes: { xs: "0.8125rem", sm: "0.875rem", md: "0.9375rem", lg: "1.0625rem", xl: "1.25rem" },
  lineHeights: { xs: "1.4", sm: "1.45", md: "1.55", lg: "1.5", xl: "1.35" },
  headings: {
    fontFamily: family,
    fontWeight: "600",
    sizes: {
      h1: { fontSize: "clamp(1.625rem, 1.35rem + 0.9vw, 2.125rem)", lineHeight: "1.15" },
      h2: { fontSize: "1.1875rem", lineHeight: "1.3" },
      h3: { fontSize: "1rem", lineHeight: "1.4" },
    },
  },
  defaultRadius: "md",
  radius: { xs: "4px", sm: "6px", md: "9px", lg: "14px", xl: "20px" },
  respectReducedMotion: true,
  cursorType: "pointer",
  components: {
    Modal: {
      defaultProps: {
        centered: true,
        lockScroll: false,
        overlayProps: { backgroundOpacity: 0.45, blur: 2 },
        closeButtonProps: { "aria-label": "Close" },
        // Mantine's header element would count as a second banner of the page.
        attributes: { header: { role: "presentation" } },
      },
    },
  },
  variantColorResolver: (input) => {
    const colours = defaultVariantColorsResolver(input);
    const primary = input.color === undefined || input.color === "spruce";
    return input.variant === "filled" && primary ? { ...colours, color: "var(--on-accent)" } : colours;
  },
});

const light = {
  "--mantine-color-body": "#f4f7f5",
  "--mantine-color-text": "#14211d",
  "--mantine-color-dimmed": "#55635c",
  "--mantine-color-error": "#b02c23",
  "--mantine-color-placeholder": "#6b7871",
  "--mantine-color-default-border": "#b5c0ba",
  "--panel": "#ffffff",
  "--panel-raised": "#ffffff",
  "--hairline": "#dce3df",
  "--rail": "#ebf0ed",
  "--hover": "#e6ede9",
  "--accent-soft": "#e1efea",
  "--accent-text": "#0b5d4d",
  "--on-accent": "#ffffff",
  "--signal": "#e29a12",
  "--signal-soft": "#fdf3df",
  "--signal-text": "#7a4f00",
  "--danger-soft": "#fdeeec",
  "--danger-text": "#9b241c",
  "--shadow": "0 1px 2px rgb(20 33 29 / 5%), 0 8px 24px -12px rgb(20 33 29 / 14%)",
};

const night = {
  "--mantine-color-body": "#0f1513",
  "--mantine-color-text": "#e6eeea",
  "--mantine-color-dimmed": "#a3b2ab",
  "--mantine-color-error": "#f0958b",
  "--mantine-color-placeholder": "#8b9b94",
  "--mantine-color-default-border": "#4a5953",
  "--mantine-primary-color-light-color": "#7ccdb6",
  "--mantine-color-spruce-light-color": "#7ccdb6",
  "--mantine-color-red-light-color": "#f0958b",
  "--mantine-color-red-filled": "#b02c23",
  "--mantine-color-red-filled-hover": "#c63a2f",
  "--panel": "#161e1b",
  "--panel-raised": "#1b2521",
  "--hairline": "#26312d",
  "--rail": "#0b100e",
  "--hover": "#1c2723",
  "--accent-soft": "#17332b",
  "--accent-text": "#7ccdb6",
  "--on-accent": "#06221b",
  "--signal": "#f2b134",
  "--signal-soft": "#33270e",
  "--signal-text": "#f2c974",
  "--danger-soft": "#3a1b18",
  "--danger-text": "#f2b1aa",
  "--shadow": "0 1px 2px rgb(0 0 0 / 40%), 0 12px 32px -12px rgb(0 0 0 / 60%)",
};

/** Tokens beside Mantine's own; both schemes hold 4.5:1 for text and 3:1 for what can be operated. */
export const resolveVariables: CSSVariablesResolver = () => ({ variables: {}, light, dark: night });
