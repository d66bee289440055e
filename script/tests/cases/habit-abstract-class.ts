import { list_issues } from "mcp:github";

abstract class Source<T> {
  protected abstract load(): Promise<T[]>;
  public async count(): Promise<number> { return (await this.load()).length; }
}

class Issues extends Source<{ id: number }> {
  constructor(private readonly owner: string) { super(); }
  protected override async load() { return list_issues({ owner: this.owner }) as Promise<{ id: number }[]>; }
}

export default new Issues("o").count();
