// Counts and sorts commits. Everything is sorted, so the same history gives the same notes.
#ifndef SUMMARY_H
#define SUMMARY_H

#include "classify.h"
#include "history.h"

// The most changes of one kind, contributors and directories that are listed; the rest is counted.
enum { MOST_LISTED = 20, MOST_BIGGEST = 5 };

// One commit.
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

typedef struct {
  const history_t *history;
  skill_string_t oldest, newest;
  uint64_t added, deleted;
  // As many as commits, in their order.
  change_t *changes;
  // Those with the most lines, and those with any are `biggest_len`.
  change_t *biggest;
  size_t biggest_len;
  tallies_t areas, files, authors;
} summary_t;

summary_t summarize(const history_t *history);

#endif
