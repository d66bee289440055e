#include "classify.h"

#include <string.h>

int compare(skill_string_t a, skill_string_t b) {
  size_t len = a.len < b.len ? a.len : b.len;
  int order = len ? memcmp(a.ptr, b.ptr, len) : 0;
  return order ? order : (a.len > b.len) - (a.len < b.len);
}

char lower(uint8_t c) {
  return (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

static skill_string_t part(skill_string_t text, size_t start, size_t end) {
  return (skill_string_t){text.ptr + start, end - start};
}

static size_t find(skill_string_t text, const char *wanted) {
  size_t len = strlen(wanted);
  for (size_t i = 0; i + len <= text.len; i++)
    if (memcmp(text.ptr + i, wanted, len) == 0) return i;
  return text.len;
}

static bool starts_with(skill_string_t text, const char *start) {
  size_t len = strlen(start);
  return text.len >= len && memcmp(text.ptr, start, len) == 0;
}

static bool ends_with(skill_string_t text, const char *end) {
  size_t len = strlen(end);
  return text.len >= len && memcmp(text.ptr + text.len - len, end, len) == 0;
}

static bool is_space(uint8_t c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

static skill_string_t trimmed(skill_string_t text) {
  size_t start = 0, end = text.len;
  while (start < end && is_space(text.ptr[start])) start++;
  while (end > start && is_space(text.ptr[end - 1])) end--;
  return part(text, start, end);
}

// The kind whose list, words between spaces, has the word in any case; `KINDS`: none has.
static kind_t kind_of(skill_string_t word, const char *const lists[KINDS]) {
  for (kind_t kind = 0; kind < KINDS; kind++) {
    for (const char *at = lists[kind]; at && *at;) {
      size_t len = strcspn(at, " "), same = 0;
      while (len == word.len && same < len && lower(word.ptr[same]) == at[same]) same++;
      if (len == word.len && same == len) return kind;
      at += len + strspn(at + len, " ");
    }
  }
  return KINDS;
}

static const char *const prefixes[KINDS] = {
    "feat feature", "fix", "perf", "docs doc", "test tests", "build chore ci deps refactor style", "revert"};

static const char *const first_words[KINDS] = {"add adds added allow implement introduce support",
                                               "correct fix fixes fixed handle prevent",
                                               "optimise optimize speed",
                                               "document",
                                               "test",
                                               "bump clean move refactor release rename update upgrade",
                                               NULL};

static bool is_documentation(skill_string_t path) {
  return ends_with(path, ".md") || starts_with(path, "docs/");
}

static bool is_test(skill_string_t path) {
  for (size_t start = 0; start <= path.len;) {
    skill_string_t rest = part(path, start, path.len);
    size_t slash = find(rest, "/");
    skill_string_t name = part(rest, 0, slash);
    if ((name.len == 4 || name.len == 5) && memcmp("tests", name.ptr, name.len) == 0) return true;
    start += slash + 1;
  }
  return false;
}

static bool all_files(const commit_t *commit, bool (*holds)(skill_string_t)) {
  for (size_t i = 0; i < commit->files.len; i++)
    if (!holds(commit->files.ptr[i].path)) return false;
  return commit->files.len > 0;
}

static kind_t kind_by_words(skill_string_t subject) {
  skill_string_t rest = trimmed(subject);
  size_t end = 0;
  while (end < rest.len && !is_space(rest.ptr[end])) end++;
  kind_t kind = kind_of(part(rest, 0, end), first_words);
  return kind == KINDS ? OTHER : kind;
}

skill_option_string_t top_of(skill_string_t path) {
  size_t slash = find(path, "/");
  if (slash == path.len) return (skill_option_string_t){0};
  return (skill_option_string_t){true, part(path, 0, slash)};
}

uint64_t lines_of(const file_t *file) {
  return (file->added.is_some ? file->added.val : 0) + (file->deleted.is_some ? file->deleted.val : 0);
}

// The top directory with the most changed lines; the first in the alphabet where several have as many.
static skill_option_string_t area_of(const commit_t *commit) {
  skill_option_string_t best = {0};
  uint64_t most = 0;
  for (size_t i = 0; i < commit->files.len; i++) {
    skill_option_string_t top = top_of(commit->files.ptr[i].path);
    if (!top.is_some) continue;
    uint64_t lines = 0;
    for (size_t j = 0; j < commit->files.len; j++) {
      skill_option_string_t other = top_of(commit->files.ptr[j].path);
      if (other.is_some && compare(other.val, top.val) == 0) lines += lines_of(&commit->files.ptr[j]);
    }
    if (!best.is_some || lines > most || (lines == most && compare(top.val, best.val) < 0)) {
      best = top;
      most = lines;
    }
  }
  return best;
}

static bool has_breaking_footer(skill_string_t body) {
  for (size_t start = 0; start <= body.len;) {
    skill_string_t rest = part(body, start, body.len);
    if (starts_with(rest, "BREAKING CHANGE:")) return true;
    start += find(rest, "\n") + 1;
  }
  return false;
}

class_t classify(const commit_t *commit) {
  class_t class = {.breaking = has_breaking_footer(commit->body), .text = commit->subject};
  skill_string_t subject = commit->subject;
  size_t colon = find(subject, ": ");
  if (colon < subject.len) {
    skill_string_t name = part(subject, 0, colon);
    bool marked = ends_with(name, "!");
    if (marked) name.len--;
    skill_option_string_t scope = {0};
    size_t open = find(name, "(");
    bool closed = ends_with(name, ")");
    if (closed && open < name.len) {
      scope = (skill_option_string_t){true, part(name, open + 1, name.len - 1)};
      name.len = open;
    }
    kind_t kind = kind_of(name, prefixes);
    if (kind != KINDS) {
      class.kind = kind;
      class.area = scope.is_some ? scope : area_of(commit);
      class.breaking |= marked;
      class.text = trimmed(part(subject, colon + 2, subject.len));
      return class;
    }
  }
  if (all_files(commit, is_documentation)) class.kind = DOCUMENTATION;
  else if (all_files(commit, is_test)) class.kind = TESTS;
  else class.kind = kind_by_words(subject);
  class.area = area_of(commit);
  return class;
}
