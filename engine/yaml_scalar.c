/* yaml_scalar: what a scalar means is decided by whoever reads it, never by its looks. Typed readers, each with a problem that
 * says what was found and what is allowed; and warnings for what other readers of YAML would take for something else. */
#include "engine/yaml.h"

#include "engine/calendar.h"
#include "engine/decimal.h"

#include <assert.h>

/* ---- what other readers of YAML would make of a plain scalar ---- */

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_one_of(struct text text, const char *const *words)
{
    for (; *words; words++) {
        struct text word = text_of(*words);
        bool same = word.size == text.size;
        for (size_t i = 0; same && i < text.size; i++) {
            char byte = text.data[i] >= 'A' && text.data[i] <= 'Z' ? (char)(text.data[i] + 32) : text.data[i];
            same = byte == word.data[i];
        }
        if (same)
            return true;
    }
    return false;
}

static size_t skip_digits(struct text text, size_t at)
{
    while (at < text.size && (is_digit(text.data[at]) || text.data[at] == '_'))
        at++;
    return at;
}

/* Near enough to what YAML 1.1 and 1.2 read as numbers (12, 012, 0x1f, 1_000, 1.5, 1e3), times (1:30) and dates (2026-10-09). */
static bool looks_like_number(struct text text)
{
    size_t start = text.size && (text.data[0] == '-' || text.data[0] == '+') ? 1 : 0;
    if (start >= text.size || !is_digit(text.data[start]))
        return false;
    if (text.data[start] == '0' && start + 2 < text.size && (text.data[start + 1] == 'x' || text.data[start + 1] == 'o'))
        return strspn(text.data + start + 2, "0123456789abcdefABCDEF_") == text.size - start - 2;
    size_t at = skip_digits(text, start);
    if (at == 4 && start == 0 && at < text.size && text.data[at] == '-')
        return strspn(text.data, "0123456789-:.TZ ") == text.size;
    while (at + 1 < text.size && text.data[at] == ':' && is_digit(text.data[at + 1]))
        at = skip_digits(text, at + 1);
    if (at < text.size && text.data[at] == '.')
        at = skip_digits(text, at + 1);
    if (at + 1 < text.size && (text.data[at] == 'e' || text.data[at] == 'E'))
        at = skip_digits(text, at + 1 + (text.data[at + 1] == '-' || text.data[at + 1] == '+'));
    return at == text.size;
}

/* "true or false", "a number" ... or NULL when every reader takes it for text. */
static const char *other_reading(const struct node *node)
{
    static const char *const booleans[] = {"y", "yes", "n", "no", "true", "false", "on", "off", NULL};
    static const char *const nothing[] = {"~", "null", NULL};
    if (!node->plain)
        return NULL;
    if (is_one_of(node->text, booleans))
        return "true or false";
    if (is_one_of(node->text, nothing))
        return "nothing";
    return looks_like_number(node->text) ? "a number, a time or a date" : NULL;
}

/* ---- typed scalars ---- */

/* A scalar with something in it, or a problem. */
static bool scalar(struct problems *problems, const struct node *node, const char *allowed)
{
    if (!node)
        return false;
    if (node->kind == NODE_SCALAR && !node_empty(node))
        return true;
    problems_add(problems, node, "found %s; allowed is %s.", node_found(problems->arena, node), allowed);
    return false;
}

static uint32_t characters(struct text text)
{
    uint32_t count = 0;
    for (size_t i = 0; i < text.size; i++)
        count += ((unsigned char)text.data[i] & 0xc0) != 0x80;
    return count;
}

bool node_text(struct problems *problems, const struct node *node, uint32_t most, struct text *out)
{
    if (!node)
        return false;
    if (node->kind != NODE_SCALAR || node->text.size == 0 || node_empty(node)) {
        problems_add(problems, node, "found %s; allowed is text.", node_found(problems->arena, node));
        return false;
    }
    if (most && characters(node->text) > most) {
        problems_add(problems, node, "this text has %u characters; at most %u are allowed.", characters(node->text), most);
        return false;
    }
    const char *other = other_reading(node);
    if (other)
        problems_warn(problems, node, "%s is taken as text here, but other YAML readers take it for %s. Write it in quotes.",
                      node_found(problems->arena, node), other);
    *out = node->text;
    return true;
}

/* Plain decimal digits; false when it is none or does not fit. Leading zeros are no number here: YAML 1.1 reads 012 as ten. */
static bool parse_integer(struct text text, int64_t *out)
{
    size_t at = text.size && text.data[0] == '-' ? 1 : 0;
    if (at == text.size || text.size - at > 18 || (text.data[at] == '0' && text.size > 1))
        return false;
    int64_t number = 0;
    for (size_t i = at; i < text.size; i++) {
        if (!is_digit(text.data[i]))
            return false;
        number = number * 10 + (text.data[i] - '0');
    }
    *out = at ? -number : number;
    return true;
}

bool node_integer(struct problems *problems, const struct node *node, int64_t least, int64_t most, int64_t *out)
{
    if (!scalar(problems, node, "a whole number"))
        return false;
    int64_t number;
    const char *found = node_found(problems->arena, node);
    if (!node->plain && parse_integer(node->text, &number)) {
        problems_add(problems, node, "found %s in quotes, which is text; allowed is a whole number without quotes.", found);
        return false;
    }
    if (!parse_integer(node->text, &number)) {
        bool zeros = node->text.size > 1 && node->text.data[0] == '0' && is_digit(node->text.data[1]);
        problems_add(problems, node, "found %s; allowed is a whole number%s.", found,
                     zeros ? " without leading zeros (YAML readers differ on 012: ten or twelve)" : "");
        return false;
    }
    if (number < least || number > most) {
        problems_add(problems, node, "found %lld; allowed is a whole number from %lld to %lld.", (long long)number,
                     (long long)least, (long long)most);
        return false;
    }
    *out = number;
    return true;
}

bool node_number(struct problems *problems, const struct node *node, int32_t least, int32_t most, int32_t *out)
{
    int64_t number;
    if (!node_integer(problems, node, least, most, &number))
        return false;
    *out = (int32_t)number;
    return true;
}

/* 012.5 is no number here, for the same reason as 012. */
static bool begins_with_zero(struct text text)
{
    size_t at = text.size && text.data[0] == '-' ? 1 : 0;
    return text.size > at + 1 && text.data[at] == '0' && is_digit(text.data[at + 1]);
}

bool node_decimal(struct problems *problems, const struct node *node, int32_t scale, int64_t *out)
{
    assert(scale >= 0 && scale <= 9);
    if (scale == 0)
        return node_integer(problems, node, -INT64_C(999999999999999999), INT64_C(999999999999999999), out);
    if (!scalar(problems, node, "a number"))
        return false;
    int64_t number;
    if (node->plain && !begins_with_zero(node->text) && decimal_parse(node->text, scale, &number)) {
        *out = number;
        return true;
    }
    problems_add(problems, node, "found %s%s; allowed is a number with at most %d decimal places, such as %s.",
                 node_found(problems->arena, node), node->plain ? "" : " in quotes", scale, scale == 1 ? "12.5" : "12.75");
    return false;
}

bool node_boolean(struct problems *problems, const struct node *node, bool *out)
{
    static const char *const truths[] = {"yes", "on", "y", "true", "1", NULL};
    static const char *const falsehoods[] = {"no", "off", "n", "false", "0", NULL};
    if (!scalar(problems, node, "true or false"))
        return false;
    if (node->plain && (node_is(node, "true") || node_is(node, "false"))) {
        *out = node_is(node, "true");
        return true;
    }
    const char *meant = is_one_of(node->text, truths) ? " Write true." : is_one_of(node->text, falsehoods) ? " Write false." : "";
    problems_add(problems, node, "found %s%s; allowed is true or false%s.%s", node_found(problems->arena, node),
                 node->plain ? "" : " in quotes", node->plain ? "" : " without quotes", meant);
    return false;
}

bool node_date(struct problems *problems, const struct node *node, int32_t *days)
{
    if (!scalar(problems, node, "a date such as 2026-10-09"))
        return false;
    if (civil_parse(node->text, days))
        return true;
    problems_add(problems, node, "found %s; allowed is a date that exists, written as 2026-10-09.",
                 node_found(problems->arena, node));
    return false;
}

bool name_holds(struct text name)
{
    if (name.size == 0 || name.size > 64 || name.data[0] < 'a' || name.data[0] > 'z' || name.data[name.size - 1] == '-')
        return false;
    for (size_t i = 0; i < name.size; i++) {
        char byte = name.data[i];
        if (!(byte >= 'a' && byte <= 'z') && !is_digit(byte) && (byte != '-' || name.data[i + 1] == '-'))
            return false;
    }
    return true;
}

/* `for: clerk, secretary` is one name to YAML. */
static const char *several_hint(struct arena *arena, const struct node *node)
{
    if (!node->plain || !memchr(node->text.data, ',', node->text.size))
        return "";
    return arena_print(arena, " Several stand in brackets: [%.*s].", text_shown(node->text), node->text.data).data;
}

static const char name_rule[] = "a name of small letters a to z, digits and single hyphens, beginning with a letter, at most 64";

bool node_name(struct problems *problems, const struct node *node, struct text *out)
{
    if (!scalar(problems, node, name_rule))
        return false;
    if (!name_holds(node->text)) {
        problems_add(problems, node, "found %s; allowed is %s.%s", node_found(problems->arena, node), name_rule, several_hint(problems->arena, node));
        return false;
    }
    if (other_reading(node))
        problems_warn(problems, node, "%s is taken as a name here, but other YAML readers take it for %s. Use another name.",
                      node_found(problems->arena, node), other_reading(node));
    *out = node->text;
    return true;
}

bool node_key_name(struct problems *problems, const struct node *node)
{
    if (!name_holds(node->key)) {
        problems_add_key(problems, node, "found the name \"%.*s\"; allowed is %s.", text_shown(node->key), node->key.data, name_rule);
        return false;
    }
    struct node key = {.kind = NODE_SCALAR, .plain = true, .text = node->key};
    const char *other = other_reading(&key);
    if (other)
        problems_add_key(problems, node, "the name \"%s\" is taken for %s by other YAML readers. Use another name.",
                         node->key.data, other);
    return !other;
}

/* "a, b or c" */
static const char *words_listed(struct arena *arena, const char *const *words, size_t count)
{
    const char *list = "";
    for (size_t i = 0; i < count; i++)
        list = arena_print(arena, "%s%s%s", list, i == 0 ? "" : i + 1 == count ? " or " : ", ", words[i]).data;
    return list;
}

bool node_choice(struct problems *problems, const struct node *node, const char *const *words, size_t count, int32_t *out)
{
    const char *allowed = words_listed(problems->arena, words, count);
    if (!scalar(problems, node, allowed))
        return false;
    for (size_t i = 0; i < count; i++)
        if (text_is(node->text, words[i])) {
            *out = (int32_t)i;
            return true;
        }
    struct nearest nearest = nearest_to(node->text);
    for (size_t i = 0; i < count; i++)
        nearest_offer(&nearest, text_of(words[i]));
    problems_add(problems, node, "found %s; allowed is %s.%s", node_found(problems->arena, node), allowed,
                 nearest_hint(&nearest, problems->arena));
    return false;
}
