// The notes, as a page of Markdown and as data.
#ifndef NOTES_H
#define NOTES_H

#include "json.h"
#include "summary.h"

void write_page(const summary_t *all, skill_string_t title, text_t *page);

// As JSON.
void write_data(const summary_t *all, text_t *json);

#endif
