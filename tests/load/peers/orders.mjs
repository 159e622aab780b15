// What every writer does, as tests/load/orders.py says it: orders from stdin, a line of JSON each; `write(order)` is one
// transaction. The answer is `done SECONDS P50 P99`, the latter in milliseconds.
import { createInterface } from "node:readline";

export async function carryOutOrders(write) {
  console.log("ready");
  for await (const line of createInterface({ input: process.stdin })) {
    const order = JSON.parse(line);
    const waits = [];
    const timed = async () => {
      const started = performance.now();
      await write(order);
      waits.push(performance.now() - started);
    };
    const started = performance.now();
    await (order.rate ? atRate(order, timed) : flatOut(order, timed));
    const seconds = (performance.now() - started) / 1000;
    console.log(`done ${seconds} ${percentile(waits, 0.5)} ${percentile(waits, 0.99)}`);
  }
  process.exit(0);
}

async function flatOut(order, timed) {
  let left = order.transactions;
  const oneAfterTheOther = async () => {
    while (left-- > 0) await timed();
  };
  await Promise.all(Array.from({ length: order.writers }, oneAfterTheOther));
}

async function atRate(order, timed) {
  const started = performance.now();
  const writes = [];
  for (let number = 0; number < order.transactions; number++) {
    const wait = started + (number * 1000) / order.rate - performance.now();
    await new Promise((resolve) => (wait > 0 ? setTimeout(resolve, wait) : setImmediate(resolve)));
    writes.push(timed());
  }
  await Promise.all(writes);
}

function percentile(values, share) {
  const ordered = values.toSorted((one, other) => one - other);
  return ordered[Math.max(0, Math.ceil(share * ordered.length) - 1)];
}
