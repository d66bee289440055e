#include "work.h"

{{#if sample}}
{{#if sample.count}}
void say(size_t count, text_t *result) {
  text_addf(result, "%zu {{words sample.count}}", count);
}
{{else}}
void say(const char *bytes, size_t len, text_t *result) {
  if (result->len) text_add(result, "\n", 1);
  text_add(result, bytes, len);
}
{{/if}}
{{else}}
void say(const char *name, size_t len, unsigned runs, text_t *result) {
  text_add(result, "hello ", 6);
  text_add(result, name, len);
  text_addf(result, ", this is run %u", runs);
}
{{/if}}
