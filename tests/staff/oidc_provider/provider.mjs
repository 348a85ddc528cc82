// A real OpenID Connect provider on a free port of this machine, for the tests of sign-in.
//
// node provider.mjs HOST CLIENT SECRET REDIRECT: prints its issuer and serves until it is ended. Whoever comes says on
// the login form who they are; all know the same password. As the library does by itself, the e-mail address is not in
// the ID token but at the userinfo endpoint.

import { createServer } from "node:http";

// Node.js 18 has no URL.parse, which the library asks for.
URL.parse ??= (address, base) => {
  try {
    return new URL(address, base);
  } catch {
    return null;
  }
};
const { Provider } = await import("oidc-provider");

const [host, clientId, clientSecret, redirect] = process.argv.slice(2);
const PASSWORD = "an open sesame";
const people = new Map();

const LOGIN = (path) => `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Provider</title></head><body>
<h1>Sign in at the provider</h1>
<form method="post" action="${path}">
<p><label>Who <input name="subject" required></label></p>
<p><label>E-mail <input name="email"></label></p>
<p><label>Password <input name="password" type="password"></label></p>
<p><label><input name="verified" type="checkbox" value="yes"> The address is verified</label></p>
<p><label>Methods <input name="methods" value="pwd"></label></p>
<p><label>Level <input name="level"></label></p>
<p><button name="go" value="in">Sign in</button> <button name="go" value="cancel" formnovalidate>Cancel</button></p>
</form></body></html>`;

const CONSENT = (path) => `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Provider</title></head><body>
<h1>May the consultations know your address?</h1>
<form method="post" action="${path}"><p><button name="go" value="in">Allow</button></p></form></body></html>`;

const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://${host}:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{
      client_id: clientId,
      client_secret: clientSecret,
      // Of a native application the port may be any: each test serves on another.
      application_type: "native",
      redirect_uris: [redirect],
      response_types: ["code"],
      grant_types: ["authorization_code"],
      token_endpoint_auth_method: "client_secret_basic",
    }],
    cookies: { keys: ["only for tests"] },
    claims: { openid: ["sub", "acr", "amr"], email: ["email", "email_verified"] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    pkce: { required: () => true },
    async findAccount(_, id) {
      return { accountId: id, claims: async () => ({ sub: id, ...people.get(id) }) };
    },
    // What is consented to stands for all that is asked.
    async loadExistingGrant(context) {
      const grant = new context.oidc.provider.Grant({
        clientId: context.oidc.client.clientId,
        accountId: context.oidc.session.accountId,
      });
      grant.addOIDCScope("openid email");
      await grant.save();
      return grant;
    },
  });
  const answer = provider.callback();

  server.on("request", async (request, response) => {
    if (!request.url.startsWith("/interaction/")) return answer(request, response);
    const { prompt } = await provider.interactionDetails(request, response);
    if (request.method === "GET") {
      response.setHeader("content-type", "text/html; charset=utf-8");
      return response.end((prompt.name === "consent" ? CONSENT : LOGIN)(request.url));
    }
    let body = "";
    for await (const part of request) body += part;
    const form = new URLSearchParams(body);
    if (form.get("go") === "cancel") {
      return provider.interactionFinished(request, response, { error: "access_denied" });
    }
    if (prompt.name === "consent") return provider.interactionFinished(request, response, { consent: {} });
    if (form.get("password") !== PASSWORD) {
      response.statusCode = 422;
      return response.end(LOGIN(request.url));
    }
    const subject = form.get("subject");
    people.set(subject, { email: form.get("email"), email_verified: form.has("verified") });
    const login = { accountId: subject, amr: form.get("methods").split(" "), acr: form.get("level") || undefined };
    return provider.interactionFinished(request, response, { login });
  });
  console.log(issuer);
});
