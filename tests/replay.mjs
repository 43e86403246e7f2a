// Raw transactions run by ethereumjs: one JSON question on standard input, one JSON answer out.
//
// Asked: {chainId, transactions: [hex], addresses: [hex]}; the senders get coin beforehand.
// Answered: {gas: [decimal], code: {address: hex}}, or {error}.
import { createCustomCommon, Hardfork, Mainnet } from "@ethereumjs/common";
import { createTxFromRLP } from "@ethereumjs/tx";
import {
  bytesToHex,
  createAccount,
  createAddressFromString,
  hexToBytes,
} from "@ethereumjs/util";
import { createVM, runTx } from "@ethereumjs/vm";

async function replayed({ chainId, transactions, addresses }) {
  const common = createCustomCommon({ chainId }, Mainnet, { hardfork: Hardfork.Cancun });
  const vm = await createVM({ common });
  const gas = [];
  for (const raw of transactions) {
    const tx = createTxFromRLP(hexToBytes(raw), { common });
    const sender = tx.getSenderAddress();
    const account = (await vm.stateManager.getAccount(sender)) ?? createAccount({});
    account.balance = 10n ** 20n;
    await vm.stateManager.putAccount(sender, account);
    const result = await runTx(vm, { tx, skipHardForkValidation: true });
    if (result.execResult.exceptionError) {
      throw new Error(`transaction ${gas.length}: ${result.execResult.exceptionError.error}`);
    }
    gas.push(result.totalGasSpent.toString());
  }
  const code = {};
  for (const each of addresses) {
    code[each] = bytesToHex(await vm.stateManager.getCode(createAddressFromString(each)));
  }
  return { gas, code };
}

let question = "";
for await (const part of process.stdin) question += part;
let answer;
try {
  answer = await replayed(JSON.parse(question));
} catch (error) {
  answer = { error: error.message };
}
console.log(JSON.stringify(answer));
