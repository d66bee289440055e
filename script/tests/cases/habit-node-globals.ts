const token = process.env.TOKEN;
const page = await fetch("https://example.com");
const bytes = Buffer.from("a");
if (typeof window !== "undefined") console.log(1);
export default token;
