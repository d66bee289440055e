#include "notes.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "classify.h"

// The most changes of one kind, contributors and directories that are listed; the rest is counted.
enum { MOST_LISTED = 20, MOST_BIGGEST = 5 };

static const char *const headings[KINDS] = {
    "Features", "Fixes", "Performance", "Documentation", "Tests", "Maintenance", "Other changes"};

typedef struct {
  class_t class;
  skill_string_t id, author;
  uint64_t lines;
} change_t;

// A directory, a contributor or a file.
typedef struct {
  skill_string_t key, name;
  uint64_t commits, lines;
  // The last commit that was counted, so that none counts twice.
  const commit_t *last;
} tally_t;

typedef struct {
  tally_t *items;
  size_t len;
} tallies_t;

static void *reserve(void *items, size_t len, size_t size) {
  // Doubles at each power of two, which is when `len` has one bit.
  if (len & (len - 1)) return items;
  items = realloc(items, (len ? len * 2 : 1) * size);
  if (!items) abort();
  return items;
}

static tally_t *tally(tallies_t *tallies, skill_string_t key) {
  for (size_t i = 0; i < tallies->len; i++)
    if (compare(tallies->items[i].key, key) == 0) return &tallies->items[i];
  tallies->items = reserve(tallies->items, tallies->len, sizeof *tallies->items);
  tallies->items[tallies->len] = (tally_t){.key = key};
  return &tallies->items[tallies->len++];
}

static int by_lines(const void *left, const void *right) {
  const tally_t *a = left, *b = right;
  if (a->lines != b->lines) return a->lines < b->lines ? 1 : -1;
  return compare(a->name, b->name);
}

static int by_commits(const void *left, const void *right) {
  const tally_t *a = left, *b = right;
  if (a->commits != b->commits) return a->commits < b->commits ? 1 : -1;
  int order = compare(a->name, b->name);
  return order ? order : compare(a->key, b->key);
}

static int by_size(const void *left, const void *right) {
  const change_t *a = left, *b = right;
  if (a->lines != b->lines) return a->lines < b->lines ? 1 : -1;
  return compare(a->id, b->id);
}

static void add(text_t *page, skill_string_t text) {
  text_add(page, (const char *)text.ptr, text.len);
}

static void add_count(text_t *page, uint64_t number, const char *noun) {
  text_addf(page, "%" PRIu64 " %s%s", number, noun, number == 1 ? "" : "s");
}

static void add_change(text_t *page, const change_t *change) {
  text_addf(page, "- ");
  if (change->class.area.is_some) {
    text_addf(page, "**");
    add(page, change->class.area.val);
    text_addf(page, "**: ");
  }
  add(page, change->class.text);
  text_addf(page, " (`");
  add(page, change->id);
  text_addf(page, "`, ");
  add(page, change->author);
  text_addf(page, ")\n");
}

static skill_string_t first(skill_string_t text, size_t len) {
  return (skill_string_t){text.ptr, text.len < len ? text.len : len};
}

static skill_string_t lowered(skill_string_t text) {
  skill_string_t copy = {malloc(text.len + 1), text.len};
  if (!copy.ptr) abort();
  for (size_t i = 0; i < text.len; i++) copy.ptr[i] = (uint8_t)lower(text.ptr[i]);
  return copy;
}

// Counts the directories, the files and the authors of the commits.
static void count(const history_t *history, tallies_t *areas, tallies_t *files, tallies_t *authors) {
  for (size_t i = 0; i < history->len; i++) {
    const commit_t *commit = &history->commits[i];
    // By e-mail address, which changes less often than the name; called as in the newest commit.
    tally_t *author = tally(authors, lowered(commit->email));
    if (!author->commits++) author->name = commit->author;
    for (size_t j = 0; j < commit->files.len; j++) {
      const file_t *file = &commit->files.ptr[j];
      tally(files, file->path);
      skill_option_string_t top = top_of(file->path);
      if (!top.is_some) continue;
      tally_t *area = tally(areas, top.val);
      area->name = top.val;
      area->commits += area->last != commit;
      area->last = commit;
      area->lines += lines_of(file);
    }
  }
}

static void add_head(text_t *page, const history_t *history, skill_string_t title, size_t files, size_t authors) {
  text_addf(page, "# ");
  add(page, title);
  if (history->from.is_some) {
    text_addf(page, "\n\nChanges from `");
    add(page, history->from.val);
    text_addf(page, "` to `");
  } else {
    text_addf(page, "\n\nAll changes up to `");
  }
  add(page, history->to);
  text_addf(page, "`");
  uint64_t added = 0, deleted = 0;
  skill_string_t oldest = {0}, newest = {0};
  for (size_t i = 0; i < history->len; i++) {
    skill_string_t day = first(history->commits[i].date, 10);
    if (i == 0 || compare(day, oldest) < 0) oldest = day;
    if (i == 0 || compare(day, newest) > 0) newest = day;
    added += history->commits[i].added;
    deleted += history->commits[i].deleted;
  }
  if (history->len) {
    text_addf(page, ", ");
    add(page, oldest);
    text_addf(page, " to ");
    add(page, newest);
  }
  text_addf(page, ": ");
  add_count(page, history->len, "commit");
  text_addf(page, " by ");
  add_count(page, authors, "contributor");
  text_addf(page, ", ");
  add_count(page, files, "file");
  text_addf(page, ", ");
  add_count(page, added, "line");
  text_addf(page, " added and %" PRIu64 " deleted.\n", deleted);
  if (history->truncated) text_addf(page, "\nThe range has more commits; these are the newest.\n");
}

static void add_changes(text_t *page, const change_t *changes, size_t len) {
  bool any = false;
  for (size_t i = 0; i < len; i++) {
    if (!changes[i].class.breaking) continue;
    if (!any) text_addf(page, "\n## Breaking changes\n\n");
    any = true;
    add_change(page, &changes[i]);
  }
  for (kind_t kind = 0; kind < KINDS; kind++) {
    size_t found = 0;
    for (size_t i = 0; i < len; i++) {
      if (changes[i].class.kind != kind) continue;
      if (found == 0) text_addf(page, "\n## %s\n\n", headings[kind]);
      if (found++ < MOST_LISTED) add_change(page, &changes[i]);
    }
    if (found > MOST_LISTED) text_addf(page, "- and %zu more\n", found - MOST_LISTED);
  }
}

void write_page(const history_t *history, skill_string_t title, text_t *page) {
  tallies_t areas = {0}, files = {0}, authors = {0};
  count(history, &areas, &files, &authors);
  add_head(page, history, title, files.len, authors.len);

  size_t len = history->len;
  change_t *changes = calloc(len + 1, sizeof *changes);
  if (!changes) abort();
  for (size_t i = 0; i < len; i++) {
    const commit_t *commit = &history->commits[i];
    changes[i] = (change_t){classify(commit), first(commit->id, 8), commit->author, commit->added + commit->deleted};
  }
  add_changes(page, changes, len);

  if (len) qsort(changes, len, sizeof *changes, by_size);
  for (size_t i = 0; i < len && i < MOST_BIGGEST && changes[i].lines; i++) {
    if (i == 0) text_addf(page, "\n## Biggest changes\n\n");
    text_addf(page, "- ");
    add_count(page, changes[i].lines, "line");
    text_addf(page, ": ");
    add(page, changes[i].class.text);
    text_addf(page, " (`");
    add(page, changes[i].id);
    text_addf(page, "`)\n");
  }

  if (areas.len) {
    qsort(areas.items, areas.len, sizeof *areas.items, by_lines);
    text_addf(page, "\n## Where\n\n| Directory | Commits | Lines |\n|---|---:|---:|\n");
  }
  for (size_t i = 0; i < areas.len && i < MOST_LISTED; i++) {
    text_addf(page, "| `");
    add(page, areas.items[i].name);
    text_addf(page, "` | %" PRIu64 " | %" PRIu64 " |\n", areas.items[i].commits, areas.items[i].lines);
  }

  if (authors.len) {
    qsort(authors.items, authors.len, sizeof *authors.items, by_commits);
    text_addf(page, "\n## Contributors\n\n");
  }
  for (size_t i = 0; i < authors.len && i < MOST_LISTED; i++) {
    text_addf(page, "- ");
    add(page, authors.items[i].name);
    text_addf(page, " (");
    add_count(page, authors.items[i].commits, "commit");
    text_addf(page, ")\n");
  }
}
