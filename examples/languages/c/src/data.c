#include <inttypes.h>

#include "notes.h"

static const char *const names[KINDS] = {
    "features", "fixes", "performance", "documentation", "tests", "maintenance", "other"};

static void add_text(text_t *json, const char *name, skill_string_t text) {
  text_addf(json, "\"%s\":", name);
  text_quote(json, (const char *)text.ptr, text.len);
}

static void add_number(text_t *json, const char *name, uint64_t number) {
  text_addf(json, "\"%s\":%" PRIu64, name, number);
}

static void add_change(text_t *json, const change_t *change, bool first) {
  text_addf(json, first ? "{" : ",{");
  add_text(json, "id", change->id);
  text_addf(json, ",");
  add_text(json, "text", change->class.text);
  if (change->class.area.is_some) {
    text_addf(json, ",");
    add_text(json, "area", change->class.area.val);
  }
  text_addf(json, ",");
  add_text(json, "author", change->author);
  text_addf(json, ",");
  add_number(json, "lines", change->lines);
  text_addf(json, "}");
}

static void add_range(text_t *json, const summary_t *all) {
  const history_t *history = all->history;
  text_addf(json, "\"range\":{");
  if (history->from.is_some) {
    add_text(json, "from", history->from.val);
    text_addf(json, ",");
  }
  add_text(json, "to", history->to);
  if (history->len) {
    text_addf(json, ",");
    add_text(json, "firstDay", all->oldest);
    text_addf(json, ",");
    add_text(json, "lastDay", all->newest);
  }
  text_addf(json, ",\"truncated\":%s}", history->truncated ? "true" : "false");
}

static void add_totals(text_t *json, const summary_t *all) {
  text_addf(json, "\"totals\":{");
  add_number(json, "commits", all->history->len);
  text_addf(json, ",");
  add_number(json, "merges", all->history->merges);
  text_addf(json, ",");
  add_number(json, "contributors", all->authors.len);
  text_addf(json, ",");
  add_number(json, "files", all->files.len);
  text_addf(json, ",");
  add_number(json, "linesAdded", all->added);
  text_addf(json, ",");
  add_number(json, "linesDeleted", all->deleted);
  text_addf(json, "}");
}

static void add_sections(text_t *json, const summary_t *all) {
  bool any = false;
  text_addf(json, ",\"sections\":[");
  for (kind_t kind = 0; kind < KINDS; kind++) {
    size_t found = 0;
    for (size_t i = 0; i < all->history->len; i++) {
      if (all->changes[i].class.kind != kind) continue;
      if (found == 0) text_addf(json, "%s{\"kind\":\"%s\",\"changes\":[", any ? "," : "", names[kind]);
      if (found < MOST_LISTED) add_change(json, &all->changes[i], found == 0);
      found++;
    }
    if (!found) continue;
    any = true;
    text_addf(json, "],\"more\":%zu}", found > MOST_LISTED ? found - MOST_LISTED : 0);
  }
  text_addf(json, "]");
}

void write_data(const summary_t *all, text_t *json) {
  text_addf(json, "{");
  add_range(json, all);
  text_addf(json, ",");
  add_totals(json, all);

  text_addf(json, ",\"details\":{\"breaking\":[");
  bool first = true;
  for (size_t i = 0; i < all->history->len; i++) {
    if (!all->changes[i].class.breaking) continue;
    add_change(json, &all->changes[i], first);
    first = false;
  }
  text_addf(json, "]");
  add_sections(json, all);
  text_addf(json, ",\"biggest\":[");
  for (size_t i = 0; i < all->biggest_len; i++) add_change(json, &all->biggest[i], i == 0);
  text_addf(json, "],\"areas\":[");
  for (size_t i = 0; i < all->areas.len && i < MOST_LISTED; i++) {
    const tally_t *area = &all->areas.items[i];
    text_addf(json, i ? ",{" : "{");
    add_text(json, "name", area->name);
    text_addf(json, ",\"commits\":%" PRIu64 ",\"lines\":%" PRIu64 "}", area->commits, area->lines);
  }
  text_addf(json, "],\"contributors\":[");
  for (size_t i = 0; i < all->authors.len && i < MOST_LISTED; i++) {
    text_addf(json, i ? ",{" : "{");
    add_text(json, "name", all->authors.items[i].name);
    text_addf(json, ",\"commits\":%" PRIu64 "}", all->authors.items[i].commits);
  }
  text_addf(json, "]}}");
}
