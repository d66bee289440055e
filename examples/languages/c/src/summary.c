#include "summary.h"

#include <stdlib.h>
#include <string.h>

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

static void *copied(const void *items, size_t len, size_t size) {
  void *copy = malloc(len * size + 1);
  if (!copy) abort();
  return len ? memcpy(copy, items, len * size) : copy;
}

summary_t summarize(const history_t *history) {
  summary_t all = {.history = history};
  size_t len = history->len;
  all.changes = calloc(len + 1, sizeof *all.changes);
  if (!all.changes) abort();
  for (size_t i = 0; i < len; i++) {
    const commit_t *commit = &history->commits[i];
    skill_string_t day = first(commit->date, 10);
    if (i == 0 || compare(day, all.oldest) < 0) all.oldest = day;
    if (i == 0 || compare(day, all.newest) > 0) all.newest = day;
    all.added += commit->added;
    all.deleted += commit->deleted;
    all.changes[i] =
        (change_t){classify(commit), first(commit->id, 8), commit->author, commit->added + commit->deleted};
  }
  all.biggest = copied(all.changes, len, sizeof *all.changes);
  if (len) qsort(all.biggest, len, sizeof *all.biggest, by_size);
  while (all.biggest_len < len && all.biggest_len < MOST_BIGGEST && all.biggest[all.biggest_len].lines)
    all.biggest_len++;

  count(history, &all.areas, &all.files, &all.authors);
  if (all.areas.len) qsort(all.areas.items, all.areas.len, sizeof *all.areas.items, by_lines);
  if (all.authors.len) qsort(all.authors.items, all.authors.len, sizeof *all.authors.items, by_commits);
  return all;
}
