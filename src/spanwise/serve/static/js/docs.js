// Shows the OpenAPI description; nothing is fetched from elsewhere.
window.SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#swagger",
  deepLinking: true,
  validatorUrl: null,
});
