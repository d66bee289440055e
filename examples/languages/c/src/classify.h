// What kind of change a commit is, and which part of the repository it belongs to.
#ifndef CLASSIFY_H
#define CLASSIFY_H

#include "history.h"

typedef mcp_server_git_history_tools_changed_file_t file_t;

// In the order of the page.
typedef enum { FEATURES, FIXES, PERFORMANCE, DOCUMENTATION, TESTS, MAINTENANCE, OTHER, KINDS } kind_t;

typedef struct {
  kind_t kind;
  // The scope that the author gave, or the directory with the most changed lines.
  skill_option_string_t area;
  bool breaking;
  // The subject without its prefix.
  skill_string_t text;
} class_t;

// Believes Conventional Commits where they are used, and looks at the files and the words where not.
class_t classify(const commit_t *commit);

// The top directory of a file; none for a file in the root.
skill_option_string_t top_of(skill_string_t path);

uint64_t lines_of(const file_t *file);

// In the order of the bytes, which is the order of code points.
int compare(skill_string_t a, skill_string_t b);

// ASCII only, as commit prefixes and host names are.
char lower(uint8_t c);

#endif
