// Speaks to 'lanser serve' with the official SDK and prints what it got as JSON.
// A line of standard output that is no JSON-RPC message surfaces as an error of
// the transport, and is listed as noise.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";

const [, , lanser, workspace] = process.argv;
const noise = [];
const transport = new StdioClientTransport({
  command: lanser,
  args: ["--workspace", workspace, "serve"],
  env: process.env,
  stderr: "inherit",
});
const client = new Client({ name: "test", version: "1" });
client.onerror = (e) => noise.push(String(e));
await client.connect(transport);
const { tools } = await client.listTools();
const call = (name, args) => client.callTool({ name, arguments: args }, undefined, { timeout: 120000 });
const execute = { selector: "go://*#Command.Execute" };
const definition = await call("definition", execute);
const references = await call("references", execute);
const diagnostics = await call("diagnostics", {});
const notFound = await call("references", { selector: "go://*#Command.Exekute" });
await client.close();
console.log(
  JSON.stringify({
    tools: tools.map((t) => t.name),
    readOnly: tools.every((t) => t.annotations.readOnlyHint === true),
    schemas: tools.every((t) => t.inputSchema?.type === "object" && t.outputSchema?.type === "object"),
    definition: definition.structuredContent.facts.definitions[0].uri,
    references: references.structuredContent.facts.references.length,
    refsText: references.content[0].text,
    evidence: references.structuredContent.evidence.state,
    diagnostics: diagnostics.structuredContent.facts.diagnostics.length,
    notFound: notFound.isError ? notFound.content[0].text : "not an error",
    noise,
  }),
);
