async function main() {
  throw new Error("no");
}

main().catch((error) => { console.error(error); return null; });
