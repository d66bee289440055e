// Indexes and queries a collection through the server `mongodb`, as `../rust/mongodb` does.
import mongodb from "mcp-server:mongodb/tools";

const shops = { connectionId: "c1", database: "city", collection: "shops" };

export function describe() {
  return {
    name: "shops",
    description: "Makes the indexes of a collection of shops and looks for one of them.",
    inputSchema: null,
    outputSchema: null,
  };
}

export function run(_input) {
  const index = mongodb.createIndex({
    ...shops,
    name: null,
    definition: [
      {
        tag: "classic",
        val: {
          type: "classic",
          keys: [
            ["place", { tag: "string", val: "n2dsphere" }],
            ["a.b$c", { tag: "number", val: -1 }],
          ],
        },
      },
      {
        tag: "vector-search",
        val: {
          type: "vector-search",
          fields: [
            { tag: "filter", val: { type: "filter", path: "kind" } },
            {
              tag: "vector",
              val: {
                type: "vector",
                path: "embedding",
                numDimensions: 3,
                similarity: "dot-product",
                quantization: null,
              },
            },
          ],
        },
      },
    ],
  });

  const found = mongodb.find({
    ...shops,
    filter: JSON.stringify({ open: { $gte: 8.5 }, kind: null }),
    projection: null,
    limit: 1,
    sort: [
      ["name", { tag: "string", val: "desc" }],
      ["_id", { tag: "number", val: 1 }],
      ["score", { tag: "object", val: { meta: "textScore" } }],
    ],
    responseBytesLimit: null,
  });

  const counted = mongodb.aggregate({
    ...shops,
    pipeline: [JSON.stringify({ $match: { kind: "tea" } })],
    responseBytesLimit: null,
  });

  return JSON.stringify({
    index: index.indexName,
    isVectorSearch: index.indexType === "vector-search",
    found: found.documents.map((document) => JSON.parse(document)),
    limitedByConfig: found.appliedLimits.join() === "config-max-documents-per-query",
    count: counted.count.val,
    failed: failure(() => mongodb.count({ ...shops, collection: "bars", query: null })),
  });
}

// What a tool says that ran and failed. What is thrown here itself is a `skill-error`.
function failure(call) {
  try {
    call();
  } catch ({ payload }) {
    if (payload.tag === "failed") {
      return payload.val.content.map((block) => block.val).join("\n");
    }
    throw { tag: "tool", val: payload };
  }
  throw { tag: "failed", val: "the tool did not fail" };
}
