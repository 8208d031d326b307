// A certified OpenID Connect provider on loopback, for the tests of unified identity.
// usage: node provider.mjs PORT REDIRECT_URI   (prints READY when it listens)
//
// The form of its own sign-in page takes the name of the person; nobody checks a password.
// Two clients: "jiyue" (with a secret), "jiyue-strong" (its tokens say amr=["pwd","otp"]).
import Provider from "oidc-provider";

const [port, redirectUri] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const client = (id) => ({
  client_id: id,
  client_secret: "only-for-tests-only-for-tests-only",
  redirect_uris: [redirectUri],
  post_logout_redirect_uris: [redirectUri.replace("sign-in/unified/return/", "sign-in/")],
  grant_types: ["authorization_code"],
  response_types: ["code"],
});

const provider = new Provider(issuer, {
  clients: [client("jiyue"), client("jiyue-strong")],
  pkce: { required: () => true },
  claims: { openid: ["sub", "amr"], profile: ["name"] },
  conformIdTokenClaims: false,
  cookies: { keys: ["only-for-tests"] },
  features: { devInteractions: { enabled: false } },
  ttl: { IdToken: Number(process.env.ID_TOKEN_SECONDS ?? 300), Session: 600, Interaction: 600, Grant: 600, AccessToken: 300 },
  findAccount: async (ctx, id) => ({ accountId: id, claims: async () => ({ sub: id, name: `姓名${id}` }) }),
  interactions: { url: (ctx, interaction) => `/ask/${interaction.uid}` },
  loadExistingGrant: async (ctx) => {
    const grant = new provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
    grant.addOIDCScope("openid profile");
    await grant.save();
    return grant;
  },
});

provider.use(async (ctx, next) => {
  if (!ctx.path.startsWith("/ask/")) return next();
  const details = await provider.interactionDetails(ctx.req, ctx.res);
  if (ctx.method === "GET") {
    ctx.type = "html";
    ctx.body = "<form method=post><input name=login><button>OK</button></form>";
    return undefined;
  }
  let body = "";
  for await (const piece of ctx.req) body += piece;
  const accountId = new URLSearchParams(body).get("login");
  const amr = details.params.client_id === "jiyue-strong" ? ["pwd", "otp"] : ["pwd"];
  const result = accountId ? { login: { accountId, amr } } : { error: "access_denied" };
  await provider.interactionFinished(ctx.req, ctx.res, result, { mergeWithLastSubmission: false });
  ctx.respond = false;
  return undefined;
});

provider.listen(Number(port), "127.0.0.1", () => console.log("READY"));
