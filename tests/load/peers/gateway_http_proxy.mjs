// A gateway on http-proxy, with keep-alive to the service.
import { Agent, createServer } from "node:http";
import httpProxy from "http-proxy";
import { PORT, UPSTREAM, check, hygienic } from "./gateway_checks.mjs";

const proxy = httpProxy.createProxyServer({ target: UPSTREAM, agent: new Agent({ keepAlive: true, maxSockets: 256 }) });
proxy.on("error", (_, __, response) => response.writeHead(502).end());

createServer(async (request, response) => {
  const refused = await check(request.headers, (name, value) => response.setHeader(name, value));
  if (refused !== null) {
    response.writeHead(refused, { "content-type": "application/problem+json" }).end(`{"status":${refused}}`);
    return;
  }
  request.headers = hygienic(request.headers, request.socket.remoteAddress);
  proxy.web(request, response);
}).listen(PORT, "127.0.0.1");
