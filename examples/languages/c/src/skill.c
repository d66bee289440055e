// A skill that writes release notes from the history of a git repository, as `../../release-notes` does in Rust.
// Nothing is freed: all memory is given back when the run ends.
#include "skill.h"

#include <string.h>

#include "history.h"
#include "json.h"
#include "notes.h"

static skill_string_t owned(const char *text) {
  skill_string_t copy;
  skill_string_dup(&copy, text);
  return copy;
}

void exports_skill_describe(skill_description_t *ret) {
  ret->name = owned("release-notes");
  ret->description = owned("Writes release notes from the history of a git repository.");
  ret->input_schema.is_some = true;
  ret->input_schema.val = owned(
      "{\"type\": \"object\", \"properties\": {\"from\": {\"type\": [\"string\", \"null\"]}, \"to\": {\"type\": "
      "[\"string\", \"null\"]}, \"title\": {\"type\": [\"string\", \"null\"]}, \"format\": {\"enum\": [\"markdown\", \"json\"], "
      "\"default\": \"markdown\"}, \"maxCommits\": {\"type\": \"integer\", "
      "\"minimum\": 1, \"maximum\": 65535, \"default\": 400}}}");
  ret->output_schema.is_some = true;
  ret->output_schema.val = owned("{\"type\": [\"string\", \"object\"]}");
}

static bool invalid(skill_skill_error_t *err, const char *why) {
  err->tag = MCP_TOOLS_TYPES_SKILL_ERROR_INVALID_INPUT;
  err->val.invalid_input = owned(why);
  return false;
}

// The field's text; null where it is absent or null.
static bool text_field(skill_json_t *input, const char *name, json_value_t *value, skill_string_t *text, skill_string_t **given) {
  *given = NULL;
  if (!json_field((const char *)input->ptr, input->len, name, value)) return false;
  if (value->kind == JSON_ABSENT || value->kind == JSON_NULL) return true;
  *text = (skill_string_t){(uint8_t *)value->text.ptr, value->text.len};
  *given = text;
  return value->kind == JSON_TEXT;
}

bool exports_skill_run(skill_json_t *input, skill_json_t *ret, skill_skill_error_t *err) {
  json_value_t value;
  skill_string_t texts[4], *from, *to, *title, *format;
  if (!text_field(input, "from", &value, &texts[0], &from) || !text_field(input, "to", &value, &texts[1], &to) ||
      !text_field(input, "title", &value, &texts[2], &title) || !text_field(input, "format", &value, &texts[3], &format))
    return invalid(err, "the input must be an object, and `from`, `to`, `title` and `format` texts");
  const bool data = format && compare(*format, text_of("json")) == 0;
  if (format && !data && compare(*format, text_of("markdown")) != 0)
    return invalid(err, "`format` must be `markdown` or `json`");
  size_t most = 400;
  if (!json_field((const char *)input->ptr, input->len, "maxCommits", &value)) return invalid(err, "the input is no object");
  if (value.kind != JSON_ABSENT) {
    if (value.kind != JSON_NUMBER || !(value.number >= 1 && value.number <= 65535) || value.number != (size_t)value.number)
      return invalid(err, "`maxCommits` must be a whole number from 1 to 65535");
    most = (size_t)value.number;
  }

  history_t history;
  if (!history_read(from, to, most, &history, &err->val.tool)) {
    err->tag = MCP_TOOLS_TYPES_SKILL_ERROR_TOOL;
    return false;
  }
  text_t number = {0};
  text_addf(&number, "%zu", history.len);
  skill_tuple2_string_string_t field = {text_of("commits"), {(uint8_t *)number.ptr, number.len}};
  skill_list_tuple2_string_string_t fields = {&field, 1};
  skill_string_t message = text_of("read the history");
  mcp_tools_log_log(MCP_TOOLS_LOG_LEVEL_INFO, &message, &fields);

  const summary_t summary = summarize(&history);
  text_t page = {0}, json = {0};
  if (data) {
    write_data(&summary, &json);
  } else {
    write_page(&summary, title ? *title : text_of("Release notes"), &page);
    text_quote(&json, page.ptr, page.len);
  }
  *ret = (skill_json_t){(uint8_t *)json.ptr, json.len};
  return true;
}
