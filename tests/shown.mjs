// What a wallet shows by ERC-7730 descriptors, by micro-eth-signer: one JSON request a line in,
// one JSON answer a line out.
import { createInterface } from "node:readline";
import { eip712 } from "micro-eth-signer/clearsig.js";

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    const { descriptors, message, token } = JSON.parse(line);
    const { chainId, ...domain } = message.domain;
    const input = { ...message, domain: { ...domain, chainId: BigInt(chainId) } };
    const shown = await eip712(input, {
      clearSig: descriptors,
      resolveToken: async () => token,
    });
    answer = { shown: shown ?? null };
  } catch (error) {
    answer = { error: error.message };
  }
  console.log(JSON.stringify(answer, (_, value) => typeof value === "bigint" ? `${value}` : value));
}
