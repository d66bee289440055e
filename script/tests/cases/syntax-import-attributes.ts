import earlier from "run:r_7f3k2m9q" with { type: "json" };
export default earlier;
