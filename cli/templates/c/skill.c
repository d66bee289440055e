// What the component exports, and the calls that it makes. `skill.h` is made of the WIT by the build.
#include "skill.h"

#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "work.h"

static skill_string_t owned(const char *text) {
  skill_string_t copy;
  skill_string_dup(&copy, text);
  return copy;
}

void exports_skill_describe(skill_description_t *ret) {
  ret->name = owned("{{name}}");
  ret->description = owned("Says in one or two sentences what the skill does and when to use it.");
  ret->input_schema.is_some = true;
  ret->input_schema.val = owned({{input_schema_c}});
  ret->output_schema.is_some = true;
  ret->output_schema.val = owned("{\"type\": \"string\"}");
}

static bool invalid(skill_skill_error_t *err, const char *why) {
  err->tag = MCP_TOOLS_TYPES_SKILL_ERROR_INVALID_INPUT;
  err->val.invalid_input = owned(why);
  return false;
}

// The result is JSON: the text in quotes.
static bool finished(const text_t *said, skill_json_t *ret) {
  text_t json = {0};
  text_quote(&json, said->ptr, said->len);
  ret->ptr = (uint8_t *)json.ptr;
  ret->len = json.len;
  return true;
}

bool exports_skill_run(skill_json_t *input, skill_json_t *ret, skill_skill_error_t *err) {
  const char *json = (const char *)input->ptr;
  json_value_t value;
  text_t said = {0};
{{#if sample}}
  if (!json_field(json, input->len, "", &value)) return invalid(err, "the input must be a JSON object");

{{#if sample.params}}
  mcp_server_{{snake sample.server}}_tools_{{snake sample.params}}_t params;
  // What is not set below is absent.
  memset(&params, 0, sizeof params);
{{#each sample.needed}}
{{#if (eq given "input")}}
  if (!json_field(json, input->len, "{{camel label}}", &value) || value.kind != JSON_TEXT)
    return invalid(err, "`{{camel label}}` must be a text");
  params.{{snake label}}.ptr = (uint8_t *)value.text.ptr;
  params.{{snake label}}.len = value.text.len;
{{/if}}
{{#if (eq given "one")}}
  params.{{snake label}} = 1;
{{/if}}
{{#if (eq given "one-point-zero")}}
  params.{{snake label}} = 1.0;
{{/if}}
{{/each}}
{{/if}}
{{#if sample.returns}}
  mcp_server_{{snake sample.server}}_tools_{{snake sample.returns}}_t answer;
{{else}}
  mcp_tools_types_tool_result_t answer;
{{/if}}
  if (!mcp_server_{{snake sample.server}}_tools_{{snake sample.function}}({{#if sample.params}}&params, {{/if}}&answer, &err->val.tool)) {
    err->tag = MCP_TOOLS_TYPES_SKILL_ERROR_TOOL;
    return false;
  }
{{#if sample.count}}
  say(answer.{{snake sample.count}}.len, &said);
{{else if sample.text}}
  say((const char *)answer.{{snake sample.text}}.ptr, answer.{{snake sample.text}}.len, &said);
{{else if sample.is_blocks}}
  for (size_t i = 0; i < answer.content.len; i++) {
    mcp_tools_types_content_block_t *block = &answer.content.ptr[i];
    if (block->tag == MCP_TOOLS_TYPES_CONTENT_BLOCK_TEXT)
      say((const char *)block->val.text.ptr, block->val.text.len, &said);
  }
{{else}}
  (void)answer;
  say("done", 4, &said);
{{/if}}
{{else}}
  if (!json_field(json, input->len, "name", &value)) return invalid(err, "the input must be a JSON object");
  if (value.kind != JSON_TEXT && value.kind != JSON_ABSENT) return invalid(err, "`name` must be a text");

  skill_string_t key;
  skill_string_set(&key, "runs");
  skill_option_list_u8_t before;
  mcp_tools_state_state_error_t broken;
  if (!mcp_tools_state_get(&key, &before, &broken)) {
    err->tag = MCP_TOOLS_TYPES_SKILL_ERROR_FAILED;
    err->val.failed = owned("the state cannot be read");
    return false;
  }
  unsigned runs = 1;
  if (before.is_some) {
    text_t digits = {0};
    text_add(&digits, (const char *)before.val.ptr, before.val.len);
    text_add(&digits, "", 1);
    runs = (unsigned)strtoul(digits.ptr, NULL, 10) + 1;
  }
  text_t digits = {0};
  text_addf(&digits, "%u", runs);
  skill_list_u8_t after = {(uint8_t *)digits.ptr, digits.len};
  if (!mcp_tools_state_set(&key, &after, NULL, &broken)) {
    err->tag = MCP_TOOLS_TYPES_SKILL_ERROR_FAILED;
    err->val.failed = owned("the state cannot be written");
    return false;
  }
  const bool named = value.kind == JSON_TEXT;
  say(named ? value.text.ptr : "world", named ? value.text.len : 5, runs, &said);
{{/if}}
  return finished(&said, ret);
}
