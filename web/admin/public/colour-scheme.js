// Runs before the first paint so that a dark page never flashes white. External because the policy allows no inline script.
(function () {
  var stored;
  try {
    stored = window.localStorage.getItem("mantine-color-scheme-value");
  } catch {
    stored = null; // storage is switched off
  }
  var dark = stored === "dark" || (stored !== "light" && window.matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.setAttribute("data-mantine-color-scheme", dark ? "dark" : "light");
})();
