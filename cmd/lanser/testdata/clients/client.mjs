// The official TypeScript client against 'lanser serve'. It prints one line of JSON: what
// it was told. Arguments: the program, the workspace, a file to change while subscribed.
import { appendFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(pathToFileURL(process.env.CLIENTS + "/"));
const load = (name) => import(pathToFileURL(require.resolve("@modelcontextprotocol/sdk/" + name)).href);
const { Client } = await load("client/index.js");
const { StdioClientTransport } = await load("client/stdio.js");
const types = await load("types.js");

const [program, workspace, touched] = process.argv.slice(2);
const transport = new StdioClientTransport({ command: program, args: ["serve"], cwd: workspace, env: process.env, stderr: "inherit" });
const client = new Client({ name: "test", version: "1" }, { capabilities: { roots: {} } });
client.setRequestHandler(types.ListRootsRequestSchema, () => ({ roots: [{ uri: pathToFileURL(workspace).href }] }));
const logged = [];
client.setNotificationHandler(types.LoggingMessageNotificationSchema, (n) => { logged.push(n.params.level); });
let updated;
const update = new Promise((resolve) => { updated = resolve; });
client.setNotificationHandler(types.ResourceUpdatedNotificationSchema, (n) => updated(n.params.uri));
await client.connect(transport);
await client.setLoggingLevel("debug");

const out = { version: client.getServerVersion().name, instructions: client.getInstructions().length > 100 };
out.tools = (await client.listTools()).tools.map((t) => t.name).sort();
const ask = async (name, args, options) => {
  const r = await client.callTool({ name, arguments: args }, undefined, options);
  return { error: r.isError === true, text: r.content[0].text };
};
let progress = 0;
out.references = await ask("references", { selector: "go://*#F" }, { onprogress: () => { progress++; }, resetTimeoutOnProgress: true });
out.missing = await ask("definition", { selector: "go://*#Nowhere" });
out.diagnostics = await ask("diagnostics", {});
const cancel = new AbortController();
const cancelled = client.callTool({ name: "diagnostics", arguments: { patch: "--- a/a.go\n+++ b/a.go\n@@ -1 +1 @@\n-package m\n+package n\n" } }, undefined, { signal: cancel.signal });
cancel.abort("enough");
out.cancelled = await cancelled.then(() => "answered", (e) => String(e.message ?? e));
out.after = await ask("definition", { selector: "go://*#F" });
out.resources = (await client.listResources()).resources.map((r) => r.uri).filter((u) => !u.startsWith("lanser://help/") && !u.startsWith("lanser://schema/")).sort();
out.templates = (await client.listResourceTemplates()).resourceTemplates.map((r) => r.uriTemplate).sort();
out.doctor = (await client.readResource({ uri: "lanser://doctor" })).contents[0].text.includes("gopls");
out.prompts = (await client.listPrompts()).prompts.map((p) => p.name).sort();
out.completed = (await client.complete({ ref: { type: "ref/prompt", name: "explain_symbol" }, argument: { name: "selector", value: "go://*#F" } })).completion.values;
out.paths = (await client.complete({ ref: { type: "ref/resource", uri: "lanser://outline/{+path}" }, argument: { name: "path", value: "" } })).completion.values;
const json = await ask("definition", { selector: "go://*#F", format: "json" });
const id = JSON.parse(json.text).bundleId;
const again = (await client.readResource({ uri: "lanser://bundle/" + encodeURIComponent(id) })).contents[0].text;
out.bundle = JSON.parse(again).bundleId === id;
await client.subscribeResource({ uri: "lanser://outline/a.go" });
appendFileSync(touched, "\nfunc Later() {}\n");
out.updated = await update;
out.outline = (await client.readResource({ uri: "lanser://outline/a.go" })).contents[0].text;
out.logged = logged.length > 0;
await client.close();
console.log(JSON.stringify(out));
