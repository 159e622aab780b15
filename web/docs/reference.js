/* global SwaggerUIBundle */
SwaggerUIBundle({
  url: location.pathname.startsWith("/admin/") ? "/admin/openapi.json" : "/openapi.json",
  dom_id: "#reference",
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  docExpansion: "list",
  filter: true,
  // The badge would ask a server on the internet.
  validatorUrl: null,
  requestInterceptor: function (request) {
    var writes = !/^(GET|HEAD|OPTIONS)$/i.test(request.method || "GET");
    if (writes && !request.headers["Idempotency-Key"]) request.headers["Idempotency-Key"] = crypto.randomUUID();
    return request;
  },
});
