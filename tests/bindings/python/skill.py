"""Indexes and queries a collection through the server `mongodb`, as `../rust/mongodb` does."""

import json

from componentize_py_types import Err
from wit_world import WitWorld as World
from wit_world.imports import mcp_server_mongodb_tools as mongodb
from wit_world.imports import types

SHOPS = ("c1", "city", "shops")


class WitWorld(World):
    def describe(self) -> types.Description:
        text = "Makes the indexes of a collection of shops and looks for one of them."
        return types.Description("shops", text, None, None)

    def run(self, input: str) -> str:
        classic = mongodb.DefinitionItemClassic(
            mongodb.DefinitionItemClassicType.CLASSIC,
            [
                ("place", mongodb.Key_String(mongodb.KeyString.N2DSPHERE)),
                ("a.b$c", mongodb.Key_Number(-1)),
            ],
        )
        kind = mongodb.FieldFilter(mongodb.FieldFilterType.FILTER, "kind")
        embedding = mongodb.FieldVector(
            mongodb.FieldVectorType.VECTOR,
            "embedding",
            num_dimensions=3,
            similarity=mongodb.FieldVectorSimilarity.DOT_PRODUCT,
            quantization=None,
        )
        vectors = mongodb.DefinitionItemVectorSearch(
            mongodb.DefinitionItemVectorSearchType.VECTOR_SEARCH,
            [mongodb.Field_Filter(kind), mongodb.Field_Vector(embedding)],
        )
        definition = [
            mongodb.DefinitionItem_Classic(classic),
            mongodb.DefinitionItem_VectorSearch(vectors),
        ]
        index = mongodb.create_index(mongodb.CreateIndexParams(*SHOPS, None, definition))

        found = mongodb.find(
            mongodb.FindParams(
                *SHOPS,
                filter=json.dumps({"open": {"$gte": 8.5}, "kind": None}),
                projection=None,
                limit=1,
                sort=[
                    ("name", mongodb.SortItem_String(mongodb.SortItemString.DESC)),
                    ("_id", mongodb.SortItem_Number(1)),
                    ("score", mongodb.SortItem_Object(mongodb.SortItemObject("textScore"))),
                ],
                response_bytes_limit=None,
            )
        )

        pipeline = [json.dumps({"$match": {"kind": "tea"}})]
        counted = mongodb.aggregate(mongodb.AggregateParams(*SHOPS, pipeline, None))
        if isinstance(counted.count, mongodb.AggregateCount_String):
            count = counted.count.value.name.lower()
        else:
            count = counted.count.value

        limits = [mongodb.AppliedLimit.CONFIG_MAX_DOCUMENTS_PER_QUERY]
        return json.dumps(
            {
                "index": index.index_name,
                "isVectorSearch": index.index_type == mongodb.IndexType.VECTOR_SEARCH,
                "found": [json.loads(document) for document in found.documents],
                "limitedByConfig": found.applied_limits == limits,
                "count": count,
                "failed": self.failure(),
            }
        )

    def failure(self) -> str:
        """What a tool says that ran and failed."""
        try:
            mongodb.count(mongodb.CountParams("c1", "city", "bars", None))
        except Err as error:
            match error.value:
                case types.ToolError_Failed(answer):
                    return "\n".join(block.value for block in answer.content)
            raise
        raise Err(types.SkillError_Failed("the tool did not fail"))
