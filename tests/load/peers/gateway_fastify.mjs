// A gateway on @fastify/http-proxy (undici below it).
import fastify from "fastify";
import httpProxy from "@fastify/http-proxy";
import { PORT, UPSTREAM, check, hygienic } from "./gateway_checks.mjs";

const app = fastify({ logger: false });
app.register(httpProxy, {
  upstream: UPSTREAM,
  undici: { connections: 256, pipelining: 1 },
  preHandler: async (request, reply) => {
    const refused = await check(request.headers, (name, value) => reply.header(name, value));
    if (refused !== null) reply.code(refused).type("application/problem+json").send({ status: refused });
  },
  replyOptions: { rewriteRequestHeaders: (request, headers) => hygienic(headers, request.ip) },
});
await app.listen({ port: PORT, host: "127.0.0.1" });
