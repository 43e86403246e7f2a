// EIP-712 digests by ethers: one JSON message a line in, one JSON answer a line out.
import { createInterface } from "node:readline";
import { TypedDataEncoder } from "ethers";

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    const { domain, types, primaryType, message } = JSON.parse(line);
    // the library derives the domain's type from the domain's fields
    const { EIP712Domain, ...own } = types;
    const encoder = TypedDataEncoder.from(own);
    if (encoder.primaryType !== primaryType) {
      throw new Error(`primary type is ${encoder.primaryType}, not ${primaryType}`);
    }
    const derived = TypedDataEncoder.getPayload(domain, own, message).types.EIP712Domain;
    if (JSON.stringify(derived) !== JSON.stringify(EIP712Domain)) {
      throw new Error(`domain type is ${JSON.stringify(derived)}`);
    }
    answer = { digest: TypedDataEncoder.hash(domain, own, message) };
  } catch (error) {
    answer = { error: error.message };
  }
  console.log(JSON.stringify(answer));
}
