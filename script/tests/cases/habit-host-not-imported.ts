const text = await readTextFile("/data/a.txt");
await state.set("k", text);
log.info("done");
