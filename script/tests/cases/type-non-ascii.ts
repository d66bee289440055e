const größe: { "名前": string } = { "名前": "ü" } as { "名前": string }; const after = größe["名前"];
export default after;
