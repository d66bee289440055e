import { list_issues } from "mcp:github";

class Timer { [Symbol.dispose]() { console.log("end"); } }
{
  using timer = new Timer();
  await using other = { async [Symbol.asyncDispose]() {} };
}
export default await list_issues({ owner: "o" });
