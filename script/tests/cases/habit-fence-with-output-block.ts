```js
const page = await wiki.get_page({ title: "Home" });
return page.text;
```

Example output:

```json
{ "text": "Welcome" }
```
