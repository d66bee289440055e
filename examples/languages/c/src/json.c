#include "json.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void text_grow(text_t *text, size_t more) {
  if (text->size - text->len >= more) return;
  size_t size = text->size * 2;
  if (size < text->len + more) size = text->len + more;
  char *grown = realloc(text->ptr, size);
  // The host counts memory: a skill that gets no more ends here, and the report says why.
  if (!grown) abort();
  text->ptr = grown;
  text->size = size;
}

void text_add(text_t *text, const char *bytes, size_t len) {
  if (!len) return;
  text_grow(text, len);
  memcpy(text->ptr + text->len, bytes, len);
  text->len += len;
}

void text_addf(text_t *text, const char *format, ...) {
  va_list values, again;
  va_start(values, format);
  va_copy(again, values);
  int len = vsnprintf(NULL, 0, format, values);
  va_end(values);
  if (len > 0) {
    // One more for the NUL that is not counted.
    text_grow(text, (size_t)len + 1);
    vsnprintf(text->ptr + text->len, (size_t)len + 1, format, again);
    text->len += (size_t)len;
  }
  va_end(again);
}

void text_quote(text_t *text, const char *bytes, size_t len) {
  text_add(text, "\"", 1);
  for (size_t i = 0; i < len; i++) {
    unsigned char c = (unsigned char)bytes[i];
    if (c == '"' || c == '\\') text_addf(text, "\\%c", c);
    else if (c == '\n') text_add(text, "\\n", 2);
    else if (c < 0x20) text_addf(text, "\\u%04x", c);
    else text_add(text, bytes + i, 1);
  }
  text_add(text, "\"", 1);
}

typedef struct {
  const char *at, *end;
} reader_t;

static void skip_space(reader_t *r) {
  while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' || *r->at == '\n' || *r->at == '\r')) r->at++;
}

static bool take(reader_t *r, char c) {
  skip_space(r);
  if (r->at == r->end || *r->at != c) return false;
  r->at++;
  return true;
}

static bool take_hex(reader_t *r, unsigned *value) {
  if (r->end - r->at < 4) return false;
  *value = 0;
  for (int i = 0; i < 4; i++) {
    char c = *r->at++;
    unsigned digit;
    if (c >= '0' && c <= '9') digit = (unsigned)(c - '0');
    else if (c >= 'a' && c <= 'f') digit = (unsigned)(c - 'a' + 10);
    else if (c >= 'A' && c <= 'F') digit = (unsigned)(c - 'A' + 10);
    else return false;
    *value = *value * 16 + digit;
  }
  return true;
}

static void add_utf8(text_t *text, unsigned c) {
  char bytes[4];
  size_t len;
  if (c < 0x80) bytes[0] = (char)c, len = 1;
  else if (c < 0x800) bytes[0] = (char)(0xc0 | c >> 6), len = 2;
  else if (c < 0x10000) bytes[0] = (char)(0xe0 | c >> 12), len = 3;
  else bytes[0] = (char)(0xf0 | c >> 18), len = 4;
  for (size_t i = 1; i < len; i++) bytes[i] = (char)(0x80 | (c >> (6 * (len - 1 - i)) & 0x3f));
  text_add(text, bytes, len);
}

// `\uD83D\uDE00` is one character; half of a pair is not a character.
static bool take_escaped(reader_t *r, text_t *text) {
  static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
  if (r->at == r->end) return false;
  char c = *r->at++;
  const char *found = c ? strchr(from, c) : NULL;
  if (found) {
    text_add(text, to + (found - from), 1);
    return true;
  }
  unsigned high, low;
  if (c != 'u' || !take_hex(r, &high) || (high >= 0xdc00 && high < 0xe000)) return false;
  if (high < 0xd800 || high >= 0xe000) {
    add_utf8(text, high);
    return true;
  }
  if (r->end - r->at < 6 || r->at[0] != '\\' || r->at[1] != 'u') return false;
  r->at += 2;
  if (!take_hex(r, &low) || low < 0xdc00 || low >= 0xe000) return false;
  add_utf8(text, 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00));
  return true;
}

static bool take_text(reader_t *r, text_t *text) {
  text->len = 0;
  if (!take(r, '"')) return false;
  while (r->at < r->end) {
    char c = *r->at++;
    if (c == '"') return true;
    if (c != '\\') text_add(text, &c, 1);
    else if (!take_escaped(r, text)) return false;
  }
  return false;
}

static bool take_word(reader_t *r, const char *word) {
  size_t len = strlen(word);
  if ((size_t)(r->end - r->at) < len || memcmp(r->at, word, len) != 0) return false;
  r->at += len;
  return true;
}

static bool take_number(reader_t *r, double *number) {
  char digits[64];
  size_t len = 0;
  while (r->at < r->end && len < sizeof digits - 1 && *r->at && strchr("+-.0123456789eE", *r->at)) digits[len++] = *r->at++;
  digits[len] = 0;
  char *end;
  *number = strtod(digits, &end);
  return len > 0 && *end == 0;
}

static bool take_value(reader_t *r, json_value_t *value, int depth);

// The fields of an object, or with `list` the elements of a list, which have no names.
static bool take_inside(reader_t *r, bool list, const char *name, json_value_t *found, int depth) {
  char close = list ? ']' : '}';
  if (depth > 64) return false;
  if (take(r, close)) return true;
  json_value_t value = {0};
  text_t key = {0};
  bool fits;
  do {
    fits = (list || (take_text(r, &key) && take(r, ':'))) && take_value(r, &value, depth + 1);
    if (fits && name && key.len == strlen(name) && memcmp(key.ptr, name, key.len) == 0) {
      json_value_t before = *found;
      *found = value;
      value = before;
    }
  } while (fits && take(r, ','));
  free(key.ptr);
  free(value.text.ptr);
  return fits && take(r, close);
}

static bool take_value(reader_t *r, json_value_t *value, int depth) {
  skip_space(r);
  if (r->at == r->end) return false;
  switch (*r->at) {
    case '"':
      value->kind = JSON_TEXT;
      return take_text(r, &value->text);
    case 'n':
      value->kind = JSON_NULL;
      return take_word(r, "null");
    case 't':
      value->kind = JSON_OTHER;
      return take_word(r, "true");
    case 'f':
      value->kind = JSON_OTHER;
      return take_word(r, "false");
    case '[':
    case '{':
      value->kind = JSON_OTHER;
      return take_inside(r, *r->at++ == '[', NULL, NULL, depth);
    default:
      value->kind = JSON_NUMBER;
      return take_number(r, &value->number);
  }
}

bool json_field(const char *json, size_t len, const char *name, json_value_t *value) {
  reader_t r = {json, json + len};
  memset(value, 0, sizeof *value);
  if (!take(&r, '{') || !take_inside(&r, false, name, value, 0)) return false;
  skip_space(&r);
  return r.at == r.end;
}
