#include <inttypes.h>

#include "notes.h"

static const char *const headings[KINDS] = {
    "Features", "Fixes", "Performance", "Documentation", "Tests", "Maintenance", "Other changes"};

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

static void add_head(text_t *page, const summary_t *all, skill_string_t title) {
  const history_t *history = all->history;
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
  if (history->len) {
    text_addf(page, ", ");
    add(page, all->oldest);
    text_addf(page, " to ");
    add(page, all->newest);
  }
  text_addf(page, ": ");
  add_count(page, history->len, "commit");
  text_addf(page, " by ");
  add_count(page, all->authors.len, "contributor");
  text_addf(page, ", ");
  add_count(page, all->files.len, "file");
  text_addf(page, ", ");
  add_count(page, all->added, "line");
  text_addf(page, " added and %" PRIu64 " deleted.\n", all->deleted);
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

void write_page(const summary_t *all, skill_string_t title, text_t *page) {
  add_head(page, all, title);
  add_changes(page, all->changes, all->history->len);

  for (size_t i = 0; i < all->biggest_len; i++) {
    if (i == 0) text_addf(page, "\n## Biggest changes\n\n");
    text_addf(page, "- ");
    add_count(page, all->biggest[i].lines, "line");
    text_addf(page, ": ");
    add(page, all->biggest[i].class.text);
    text_addf(page, " (`");
    add(page, all->biggest[i].id);
    text_addf(page, "`)\n");
  }

  if (all->areas.len) text_addf(page, "\n## Where\n\n| Directory | Commits | Lines |\n|---|---:|---:|\n");
  for (size_t i = 0; i < all->areas.len && i < MOST_LISTED; i++) {
    const tally_t *area = &all->areas.items[i];
    text_addf(page, "| `");
    add(page, area->name);
    text_addf(page, "` | %" PRIu64 " | %" PRIu64 " |\n", area->commits, area->lines);
  }

  if (all->authors.len) text_addf(page, "\n## Contributors\n\n");
  for (size_t i = 0; i < all->authors.len && i < MOST_LISTED; i++) {
    text_addf(page, "- ");
    add(page, all->authors.items[i].name);
    text_addf(page, " (");
    add_count(page, all->authors.items[i].commits, "commit");
    text_addf(page, ")\n");
  }
}
