/* err: the list of err.h as tables. */
#include "proto/err.h"

#include <string.h>

static const struct {
    const char *name, *sentence, *advice;
} errors[ERR_COUNT] = {
#define ERR_ROW(code, name, sentence, advice) [ERR_##code] = {name, sentence, advice},
    ERR_LIST(ERR_ROW)
#undef ERR_ROW
};

static enum err known(enum err code)
{
    return (unsigned)code < ERR_COUNT ? code : ERR_CORRUPT;
}

const char *err_name(enum err code)
{
    return errors[known(code)].name;
}

const char *err_sentence(enum err code)
{
    return errors[known(code)].sentence;
}

const char *err_advice(enum err code)
{
    return errors[known(code)].advice;
}

bool err_travels(enum err code)
{
    return code >= ERR_MALFORMED && code <= ERR_NOT_REGISTERED;
}

enum err err_from_name(const char *name, unsigned long length)
{
    for (unsigned code = 0; code < ERR_COUNT; code++)
        if (strlen(errors[code].name) == length && memcmp(errors[code].name, name, length) == 0)
            return (enum err)code;
    return ERR_COUNT;
}
