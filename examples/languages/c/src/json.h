// The JSON that a skill in C needs: the fields of its input, and its result. Copied into a skill by `mcp-codegen new`.
// Reads one field of an object at a time, and builds no tree.
#ifndef SKILL_JSON_H
#define SKILL_JSON_H

#include <stdbool.h>
#include <stddef.h>

// Text that grows. Its bytes are from `malloc`, so that a result may take them over.
typedef struct {
  char *ptr;
  size_t len;
  size_t size;
} text_t;

void text_add(text_t *text, const char *bytes, size_t len);
void text_addf(text_t *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
// As a JSON string, in quotes.
void text_quote(text_t *text, const char *bytes, size_t len);

typedef enum {
  JSON_ABSENT,
  JSON_NULL,
  JSON_TEXT,
  JSON_NUMBER,
  // A flag, a list or an object.
  JSON_OTHER,
} json_kind_t;

typedef struct {
  json_kind_t kind;
  text_t text;
  double number;
} json_value_t;

// The field of this name; the last one where there are several. False where the text is no JSON object.
bool json_field(const char *json, size_t len, const char *name, json_value_t *value);

#endif
