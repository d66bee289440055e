// Sends a value of every shape to `fake/echo`, and what comes back once more.
#include "skill.h"

typedef mcp_server_fake_tools_echo_params_t params_t;
typedef mcp_server_fake_tools_echo_result_t result_t;
typedef mcp_server_fake_tools_shape_t shape_t;

static skill_string_t text(char *chars) {
  skill_string_t view;
  skill_string_set(&view, chars);
  return view;
}

static params_t values(shape_t shape) {
  static mcp_server_fake_tools_point_t points[] = {
      {INT64_MIN, {true, 0.5}},
      {INT64_MAX, {false, 0}},
  };
  static skill_tuple2_string_u32_t labels[2];
  labels[0] = (skill_tuple2_string_u32_t){text("a"), 0};
  labels[1] = (skill_tuple2_string_u32_t){text("b"), UINT32_MAX};
  return (params_t){
      .text = text("line\nand \xf0\x9f\xa6\x80"),
      .big = UINT64_MAX,
      .small = {true, INT8_MIN},
      .flag = true,
      .level = MCP_SERVER_FAKE_TOOLS_LEVEL_VERY_HIGH,
      .points = {points, 2},
      .shape = {true, shape},
      .labels = {labels, 2},
      .pair = {true, {text("left"), true}},
      .nothing = {.is_some = false},
      .anything = {true, text("{\"deep\": [1, null]}")},
  };
}

static params_t again(const result_t *received) {
  return (params_t){
      .text = received->text,
      .big = received->big,
      .small = received->small,
      .flag = received->flag,
      .level = received->level,
      .points = received->points,
      .shape = received->shape,
      .labels = received->labels,
      .pair = received->pair,
      .nothing = received->nothing,
      .anything = received->anything,
  };
}

// What is returned is freed by the bindings.
void exports_skill_describe(skill_description_t *ret) {
  *ret = (skill_description_t){0};
  skill_string_dup(&ret->name, "shapes");
  skill_string_dup(&ret->description, "Echoes every shape.");
}

bool exports_skill_run(skill_json_t *input, skill_json_t *ret, skill_skill_error_t *err) {
  (void)input;
  static uint8_t bytes[] = {0, 255};
  const shape_t shapes[] = {
      {MCP_SERVER_FAKE_TOOLS_SHAPE_OBJECT, {.object = {-1, {false, 0}}}},
      {MCP_SERVER_FAKE_TOOLS_SHAPE_STRING, {.string = text("gr\xc3\xbc\xc3\x9f" "e")}},
      {MCP_SERVER_FAKE_TOOLS_SHAPE_ARRAY, {.array = {bytes, 2}}},
  };
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
    params_t params = values(shapes[i]);
    result_t received;
    err->tag = MCP_TOOLS_TYPES_SKILL_ERROR_TOOL;
    if (!mcp_server_fake_tools_echo(&params, &received, &err->val.tool)) return false;
    params = again(&received);
    if (!mcp_server_fake_tools_echo(&params, &received, &err->val.tool)) return false;
  }
  skill_string_dup(ret, "null");
  return true;
}
