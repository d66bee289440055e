```ts
const n: number = input.n;
return n * 2;
```
