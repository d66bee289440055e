#include "history.h"

#include <stdlib.h>
#include <string.h>

typedef mcp_server_git_history_tools_commit_t listed_t;
typedef mcp_server_git_history_tools_tag_t tag_t;
typedef mcp_server_git_history_tools_list_tags_result_t tags_t;

typedef struct {
  listed_t *items;
  size_t len;
  bool truncated;
} list_t;

// The newest commits of the range, and whether there are more than `most`.
static bool list(const skill_option_string_t *from, skill_string_t to, size_t most, list_t *list, tool_error_t *err) {
  const size_t page = 200;
  mcp_server_git_history_tools_list_commits_params_t params;
  memset(&params, 0, sizeof params);
  params.since = *from;
  params.until = (skill_option_string_t){true, to};
  *list = (list_t){0};
  while (list->len <= most) {
    // One more than wanted, to know whether there are more.
    size_t missing = most + 1 - list->len;
    params.limit = (skill_option_u8_t){true, (uint8_t)(missing < page ? missing : page)};
    mcp_server_git_history_tools_list_commits_result_t answer;
    if (!mcp_server_git_history_tools_list_commits(&params, &answer, err)) return false;
    list->items = realloc(list->items, (list->len + answer.commits.len + 1) * sizeof *list->items);
    if (!list->items) abort();
    // An empty page has no memory.
    if (answer.commits.len) memcpy(list->items + list->len, answer.commits.ptr, answer.commits.len * sizeof *list->items);
    list->len += answer.commits.len;
    params.cursor = answer.next_cursor;
    if (!answer.next_cursor.is_some) break;
  }
  list->truncated = list->len > most;
  if (list->truncated) list->len = most;
  return true;
}

static bool is_same(skill_string_t a, skill_string_t b) {
  return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

// The tag before a revision, or the last one where the revision is no tag. A commit may have several tags.
static skill_option_string_t tag_before(const tags_t *answer, skill_string_t revision) {
  const tag_t *tags = answer->tags.ptr;
  size_t len = answer->tags.len, at = 0;
  while (at < len && !is_same(tags[at].name, revision)) at++;
  size_t before = at == len ? 0 : at + 1;
  while (at < len && before < len && is_same(tags[before].commit, tags[at].commit)) before++;
  if (before >= len) return (skill_option_string_t){0};
  return (skill_option_string_t){true, tags[before].name};
}

// The range where the caller gave no `from`: since the tag before `to`, else the whole history.
static bool choose_range(const skill_string_t *to, history_t *history, tool_error_t *err) {
  mcp_server_git_history_tools_list_tags_params_t params = {.limit = {true, 1000}};
  tags_t answer;
  if (!mcp_server_git_history_tools_list_tags(&params, &answer, err)) return false;
  history->to = to ? *to : text_of("HEAD");
  history->from = (skill_option_string_t){0};
  if (to) {
    history->from = tag_before(&answer, *to);
    return true;
  }
  if (!answer.tags.len) return true;
  history->from = (skill_option_string_t){true, answer.tags.ptr[0].name};
  list_t since_last;
  if (!list(&history->from, history->to, 1, &since_last, err)) return false;
  if (!since_last.len) {
    // A release was made a moment ago, and it is what the notes are wanted for.
    history->to = answer.tags.ptr[0].name;
    history->from = tag_before(&answer, history->to);
  }
  return true;
}

bool history_read(const skill_string_t *from, const skill_string_t *to, size_t most, history_t *history, tool_error_t *err) {
  if (from) {
    history->from = (skill_option_string_t){true, *from};
    history->to = to ? *to : text_of("HEAD");
  } else if (!choose_range(to, history, err)) {
    return false;
  }
  list_t listed;
  if (!list(&history->from, history->to, most, &listed, err)) return false;
  history->truncated = listed.truncated;
  history->commits = calloc(listed.len + 1, sizeof *history->commits);
  if (!history->commits) abort();
  history->len = 0;
  for (size_t i = 0; i < listed.len; i++) {
    if (listed.items[i].parents.len > 1) continue;
    mcp_server_git_history_tools_get_commit_params_t params = {listed.items[i].id};
    if (!mcp_server_git_history_tools_get_commit(&params, &history->commits[history->len], err)) return false;
    history->len++;
  }
  history->merges = listed.len - history->len;
  return true;
}
