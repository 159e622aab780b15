const list = document.querySelector("#list");
const empty = document.querySelector("#empty");
const state = document.querySelector("#state");
const filter = document.querySelector("#filter");
const clear = document.querySelector("#clear");
const reader = document.querySelector("#reader");
const mailTemplate = document.querySelector("#mail");

let mails = [];
let chosen = null;

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "medium", dateStyle: "medium" });
const hour = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });

function when(time) {
  const at = new Date(time);
  return at.toDateString() === new Date().toDateString() ? hour.format(at) : clock.format(at);
}

function entry(mail) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  const subject = document.createElement("strong");
  const line = document.createElement("span");
  button.type = "button";
  subject.textContent = mail.subject || "(no subject)";
  line.textContent = `${mail.to.join(", ")} · ${when(mail.received_at)}`;
  button.append(subject, line);
  button.setAttribute("aria-current", String(mail.id === chosen));
  button.addEventListener("click", () => read(mail.id));
  item.append(button);
  return item;
}

function draw() {
  const wanted = filter.value.trim().toLowerCase();
  const shown = mails.filter((mail) => mail.to.some((address) => address.toLowerCase().includes(wanted)));
  list.replaceChildren(...shown.map(entry));
  empty.hidden = shown.length > 0;
  empty.textContent = mails.length
    ? "No mail to such an address."
    : "No mail yet. What the platform sends appears here and goes nowhere else.";
  clear.disabled = mails.length === 0;
}

async function load() {
  mails = (await (await fetch("/api/messages?limit=500")).json()).items;
  draw();
}

function close() {
  chosen = null;
  document.body.classList.remove("reading");
  const hint = document.createElement("p");
  hint.className = "hint";
  hint.textContent = "Choose a mail to read it.";
  reader.replaceChildren(hint);
  draw();
}

function frame(html) {
  // No scripts and no origin of its own; links open in a new tab, outside the sandbox.
  const element = document.createElement("iframe");
  element.title = "The mail as a page";
  element.setAttribute("sandbox", "allow-popups allow-popups-to-escape-sandbox");
  element.srcdoc = `<base target="_blank">${html}`;
  return element;
}

function plain(text) {
  const element = document.createElement("pre");
  for (const piece of text.split(/(https?:\/\/[^\s<>"]+)/)) {
    if (/^https?:\/\//.test(piece)) {
      const link = document.createElement("a");
      link.href = piece;
      link.textContent = piece;
      link.target = "_blank";
      link.rel = "noopener";
      element.append(link);
    } else {
      element.append(piece);
    }
  }
  return element;
}

function show(view, mail, content) {
  const drawn = {
    html: () => frame(mail.html),
    text: () => plain(mail.text ?? ""),
    headers: () => plain(mail.headers.map(([name, value]) => `${name}: ${value}`).join("\n")),
  };
  content.querySelector(".body").replaceChildren(drawn[view]());
  for (const button of content.querySelectorAll("[data-view]")) {
    button.setAttribute("aria-pressed", String(button.dataset.view === view));
  }
}

async function read(id) {
  const answer = await fetch(`/api/messages/${id}`);
  if (!answer.ok) return load();
  const mail = await answer.json();
  chosen = id;
  document.body.classList.add("reading");
  reader.replaceChildren(mailTemplate.content.cloneNode(true));
  reader.querySelector("h2").textContent = mail.subject || "(no subject)";
  reader.querySelector('[data-field="from"]').textContent = mail.from;
  reader.querySelector('[data-field="to"]').textContent = mail.to.join(", ");
  reader.querySelector('[data-field="received"]').textContent = clock.format(new Date(mail.received_at));
  reader.querySelector("a").href = `/api/messages/${id}/raw`;
  reader.querySelector(".back").addEventListener("click", close);
  for (const button of reader.querySelectorAll("[data-view]")) {
    button.disabled = mail[button.dataset.view] === null;
    button.addEventListener("click", () => show(button.dataset.view, mail, reader));
  }
  show(mail.html === null ? "text" : "html", mail, reader);
  draw();
}

async function follow() {
  for (;;) {
    try {
      await load();
      state.textContent = mails.length === 1 ? "1 mail" : `${mails.length} mails`;
      const newest = mails[0]?.id ?? 0;
      await fetch(`/api/messages/wait?after=${newest}&timeout=60`);
    } catch {
      state.textContent = "The mail catcher does not answer; trying again…";
      await new Promise((resolve) => setTimeout(resolve, 2000));
    }
  }
}

filter.addEventListener("input", draw);
clear.addEventListener("click", async () => {
  await fetch("/api/messages", { method: "DELETE" });
  close();
  await load();
  state.textContent = "0 mails";
});
follow();
