// Chooses the range and reads its commits.
#ifndef HISTORY_H
#define HISTORY_H

#include "skill.h"

typedef mcp_server_git_history_tools_get_commit_result_t commit_t;
typedef mcp_tools_types_tool_error_t tool_error_t;

// The commits of one range.
typedef struct {
  // The revision before the first commit; none: from the beginning.
  skill_option_string_t from;
  skill_string_t to;
  // Newest first, without merges: what they bring in is in the others.
  commit_t *commits;
  size_t len;
  size_t merges;
  // There are more commits than were asked for.
  bool truncated;
} history_t;

// `from` and `to` may be null. False, and the error of the call that failed, where one did.
bool history_read(const skill_string_t *from, const skill_string_t *to, size_t most, history_t *history, tool_error_t *err);

static inline skill_string_t text_of(const char *text) {
  skill_string_t constant;
  skill_string_set(&constant, text);
  return constant;
}

#endif
