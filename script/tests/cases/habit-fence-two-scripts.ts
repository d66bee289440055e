```ts
export default 1;
```
or
```ts
export default 2;
```
