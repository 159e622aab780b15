const buttons = document.querySelectorAll("[data-success]");
const intent = document.querySelector("[data-intent]").dataset.intent;

for (const button of buttons) {
  button.addEventListener("click", async () => {
    for (const other of buttons) other.disabled = true;
    const body = JSON.stringify({ success: button.dataset.success === "true" });
    await fetch(`/_control/payment_intents/${intent}/authenticate`, { method: "POST", body });
    location.reload();
  });
}
