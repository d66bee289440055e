import { list_issues } from "mcp:github";

function logged(target: any, context: ClassMethodDecoratorContext) { return target; }

class Api {
  @logged
  async list() { return list_issues({ owner: "o" }); }
}

export default new Api().list();
