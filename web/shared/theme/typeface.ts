// Apart, so that it comes after the page: until then the reader's own sans-serif stands in (font-display: swap).
import "@fontsource-variable/instrument-sans/wght.css";
