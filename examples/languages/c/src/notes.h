// Counts and sorts commits, and writes a page of Markdown. Everything is sorted, so the same history gives the same notes.
#ifndef NOTES_H
#define NOTES_H

#include "history.h"
#include "json.h"

void write_page(const history_t *history, skill_string_t title, text_t *page);

#endif
