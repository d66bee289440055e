// Runs on this machine, without a host.
#undef NDEBUG
#include <assert.h>
#include <string.h>

#include "work.h"

static void is(const text_t *text, const char *expected) {
  assert(text->len == strlen(expected) && memcmp(text->ptr, expected, text->len) == 0);
}

int main(void) {
  text_t said = {0};
{{#if sample}}
{{#if sample.count}}
  say(2, &said);
  is(&said, "2 {{words sample.count}}");
{{else}}
  say("one", 3, &said);
  say("two", 3, &said);
  is(&said, "one\ntwo");
{{/if}}
{{else}}
  say("Ada", 3, 2, &said);
  is(&said, "hello Ada, this is run 2");
{{/if}}

  const char input[] = "{\"name\": \"A\\u0064\\ud83d\\ude00\", \"n\": [1, {\"name\": 2}]}";
  json_value_t name;
  assert(json_field(input, sizeof input - 1, "name", &name) && name.kind == JSON_TEXT);
  is(&name.text, "Ad\xf0\x9f\x98\x80");
  assert(!json_field("{\"name\": }", 10, "name", &name));
}
