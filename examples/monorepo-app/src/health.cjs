// @ts-check
// CommonJS apps require() the SDK as it is; that it is ESM only makes no difference from Node 22.12 on.
//
//   node examples/monorepo-app/src/health.cjs
//
// IM_SERVER is the server's address; default localhost:8083.
const { ImClient } = require("@im-sdk/core");

async function main() {
  const client = new ImClient({ userId: "health", services: [process.env.IM_SERVER ?? "localhost:8083"] });
  await client.connect();
  const { message } = await client.healthCheck();
  console.log(`${client.state}: ${message}`);
  await client.disconnect();
}

main();
