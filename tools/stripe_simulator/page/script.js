const kinds = document.querySelector("#kinds");
const entries = document.querySelector("#entries");
const title = document.querySelector("#title");
const empty = document.querySelector("#empty");
const clock = document.querySelector("#clock");
const format = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const logs = { deliveries: "Webhooks", requests: "Requests", event: "Events" };

let chosen = "event";
let shown = "";

async function fetched(path) {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

function time(seconds) {
  return format.format(new Date(seconds * 1000));
}

function attempts(delivery) {
  return delivery.attempts.map((attempt) => attempt.status ?? attempt.error).join(", ");
}

function summary(kind, item) {
  if (kind === "deliveries") return [item.type, `${item.state} ${attempts(item)}`, item.created];
  if (kind === "requests") return [`${item.method} ${item.path}`, `${item.status} ${item.fault ?? ""}`, item.at];
  const detail = [item.status, item.name ?? item.email ?? item.number, item.id].filter(Boolean).join(" · ");
  return [item.type && kind === "event" ? item.type : item.object, detail, item.created ?? item.date];
}

function entry(kind, item) {
  const [head, detail, moment] = summary(kind, item);
  const line = document.createElement("li");
  const details = document.createElement("details");
  const top = document.createElement("summary");
  const strong = document.createElement("strong");
  const quiet = document.createElement("span");
  strong.textContent = head;
  quiet.textContent = `${detail} · ${moment ? time(moment) : ""}`;
  top.append(strong, " ", quiet);
  details.append(top);
  details.addEventListener("toggle", () => {
    if (!details.open || details.querySelector("pre")) return;
    const whole = document.createElement("pre");
    whole.textContent = JSON.stringify(item, null, 2);
    details.append(whole);
  });
  line.append(details);
  return line;
}

function choice(kind, label, count) {
  const line = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = count === undefined ? label : `${label} (${count})`;
  button.setAttribute("aria-current", String(kind === chosen));
  button.addEventListener("click", () => {
    chosen = kind;
    shown = "";
    refresh();
  });
  line.append(button);
  return line;
}

async function items(kind) {
  if (kind === "deliveries" || kind === "requests") {
    return (await fetched(`/_control/${kind}`)).items.reverse().slice(0, 100);
  }
  return (await fetched(`/_control/objects?kind=${encodeURIComponent(kind)}`)).items;
}

async function draw() {
  const { counts } = await fetched("/_control/objects");
  const now = await fetched("/_control/clock");
  clock.textContent = `${time(now.now)}${now.ahead > 1 ? ", ahead of the real time" : ""}${now.frozen ? ", frozen" : ""}`;
  const found = await items(chosen);
  const state = JSON.stringify([chosen, counts, found]);
  if (state === shown) return;
  shown = state;
  const others = Object.entries(counts).filter(([kind]) => kind !== "event");
  kinds.replaceChildren(
    choice("event", logs.event, counts.event ?? 0),
    choice("deliveries", logs.deliveries),
    choice("requests", logs.requests),
    ...others.map(([kind, count]) => choice(kind, kind.replaceAll("_", " "), count)),
  );
  title.textContent = logs[chosen] ?? chosen.replaceAll("_", " ");
  empty.hidden = found.length > 0;
  entries.replaceChildren(...found.map((item) => entry(chosen, item)));
}

async function refresh() {
  try {
    await draw();
  } catch (error) {
    clock.textContent = `The simulator does not answer (${error.message})`;
  }
}

for (const button of document.querySelectorAll("[data-seconds]")) {
  button.addEventListener("click", async () => {
    const body = JSON.stringify({ seconds: Number(button.dataset.seconds) });
    await fetch("/_control/clock", { method: "POST", body });
    await refresh();
  });
}

refresh();
setInterval(refresh, 2000);
