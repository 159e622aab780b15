// The address this page came from is the one that programs use, too.
for (const place of document.querySelectorAll("[data-origin]")) place.textContent = location.origin;
