// What the skill does, apart from the calls, so that a test needs neither a server nor wasm.
#ifndef WORK_H
#define WORK_H

#include "json.h"
{{#if sample}}
{{#if sample.count}}

// Writes about the tool's answer.
void say(size_t count, text_t *result);
{{else}}

// Writes about the tool's answer: one of its texts after the other.
void say(const char *bytes, size_t len, text_t *result);
{{/if}}
{{else}}

// Writes the greeting of this run.
void say(const char *name, size_t len, unsigned runs, text_t *result);
{{/if}}

#endif
