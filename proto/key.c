/* key: see key.h. */
#include "proto/key.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MOST = 4096 };

void key_digits(const uint8_t key[KEY_SIZE], char digits[KEY_DIGITS + 1])
{
    static const char hexadecimal[] = "0123456789abcdef";
    for (int i = 0; i < KEY_SIZE; i++) {
        digits[2 * i] = hexadecimal[key[i] >> 4];
        digits[2 * i + 1] = hexadecimal[key[i] & 15];
    }
    digits[KEY_DIGITS] = '\0';
}

static int digit_value(char digit)
{
    return digit >= '0' && digit <= '9' ? digit - '0' : digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

bool key_from_digits(struct text digits, uint8_t key[KEY_SIZE])
{
    if (digits.size != KEY_DIGITS)
        return false;
    for (int i = 0; i < KEY_SIZE; i++) {
        int high = digit_value(digits.data[2 * i]), low = digit_value(digits.data[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        key[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

/* ---- the file ---- */

/* The file is looked at through its descriptor, so that what was checked is what is read. */
static enum err check_owner(int descriptor)
{
    struct stat status;
    if (fstat(descriptor, &status) != 0)
        return ERR_IO;
    if (!S_ISREG(status.st_mode))
        return ERR_BAD_CONFIG;
    return (status.st_mode & 077) || (status.st_uid != geteuid() && status.st_uid != 0) ? ERR_DENIED : ERR_OK;
}

static enum err read_whole(int descriptor, char bytes[FILE_MOST], size_t *size)
{
    ssize_t got;
    *size = 0;
    while (*size < FILE_MOST && (got = read(descriptor, bytes + *size, FILE_MOST - *size)) != 0) {
        if (got < 0 && errno != EINTR)
            return ERR_IO;
        *size += got > 0 ? (size_t)got : 0;
    }
    return *size == FILE_MOST ? ERR_BAD_CONFIG : ERR_OK;
}

/* The value of the line `name: value`; empty: there is none. */
static struct text value_of(const char *bytes, size_t size, const char *name)
{
    size_t length = strlen(name);
    for (size_t at = 0; at < size;) {
        const char *end = memchr(bytes + at, '\n', size - at);
        size_t line = end ? (size_t)(end - bytes) - at : size - at;
        if (line > length + 2 && memcmp(bytes + at, name, length) == 0 && memcmp(bytes + at + length, ": ", 2) == 0)
            return (struct text){.data = bytes + at + length + 2, .size = line - length - 2};
        at += line + 1;
    }
    return (struct text){0};
}

static enum err parse(const char *bytes, size_t size, bool needs_server, struct key_ring *ring)
{
    struct text server = value_of(bytes, size, "server");
    bool good = key_from_digits(value_of(bytes, size, "public"), ring->public_key) && key_from_digits(value_of(bytes, size, "secret"), ring->secret_key);
    if (good && (needs_server || server.size))
        good = key_from_digits(server, ring->server_key);
    return good ? ERR_OK : ERR_BAD_CONFIG;
}

enum err key_load(const char *path, bool needs_server, struct key_ring *ring)
{
    char bytes[FILE_MOST];
    size_t size;
    *ring = (struct key_ring){0};
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0)
        return errno == ENOENT || errno == ENOTDIR ? ERR_NOT_FOUND : errno == EACCES ? ERR_DENIED : ERR_IO;
    enum err code = check_owner(descriptor);
    code = code ? code : read_whole(descriptor, bytes, &size);
    code = code ? code : parse(bytes, size, needs_server, ring);
    close(descriptor);
    explicit_bzero(bytes, sizeof bytes);
    return code;
}

const char *key_sentence(enum err code)
{
    switch (code) {
    case ERR_OK: return "";
    case ERR_NOT_FOUND: return "There is no such key file.";
    case ERR_DENIED: return "A key must be its owner's alone: the file belongs to somebody else, or others may read it (chmod 600).";
    case ERR_BAD_CONFIG: return "This is not a key as `staircase keys make` writes it.";
    default: return "The key cannot be read.";
    }
}
