/* source: see source.h. */
#include "engine/source.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/calendar_yaml.h"
#include "engine/directory_yaml.h"
#include "engine/workflow_yaml.h"

/* ---- kinds ---- */

static const char *const kind_names[SOURCE_KIND_COUNT] = {[SOURCE_NONE] = "",
#define SOURCE_NAME(kind, key) [SOURCE_##kind] = key,
                                                          SOURCE_KINDS(SOURCE_NAME)
#undef SOURCE_NAME
};

const char *source_kind_name(enum source_kind kind)
{
    return kind_names[kind];
}

enum source_kind source_kind_from(struct text name)
{
    for (int kind = SOURCE_NONE + 1; name.size && kind < SOURCE_KIND_COUNT; kind++)
        if (text_is(name, kind_names[kind]))
            return (enum source_kind)kind;
    return SOURCE_NONE;
}

/* The first line that is more than blank, a comment, or the mark of a document. */
static struct text first_line(struct text source)
{
    while (source.size) {
        size_t size = 0, blank = 0;
        while (size < source.size && source.data[size] != '\n' && source.data[size] != '\r')
            size++;
        while (blank < size && (source.data[blank] == ' ' || source.data[blank] == '\t'))
            blank++;
        bool mark = size >= 3 && memcmp(source.data, "---", 3) == 0;
        if (blank < size && source.data[blank] != '#' && !mark)
            return (struct text){source.data, size};
        size += size < source.size;
        source = (struct text){source.data + size, source.size - size};
    }
    return source;
}

struct text source_first_key(struct text source)
{
    if (source.size >= 3 && memcmp(source.data, "\xEF\xBB\xBF", 3) == 0)
        source = (struct text){source.data + 3, source.size - 3};
    struct text line = first_line(source);
    const char *colon = line.size ? memchr(line.data, ':', line.size) : NULL;
    return colon ? (struct text){line.data, (size_t)(colon - line.data)} : (struct text){NULL, 0};
}

enum source_kind source_kind_of(struct text source)
{
    return source_kind_from(source_first_key(source));
}

/* ---- reading ---- */

static enum err read_workflow(struct arena *arena, const char *file, struct text source, const struct directory *directory, struct problems *problems,
                              struct source *out)
{
    enum err code = workflow_read_for(arena, file, source, directory, problems, &out->workflow);
    if (code != ERR_OK)
        return code;
    const struct workflow_head *head = workflow_head(&out->workflow);
    out->name = text_of(workflow_string(&out->workflow, head->name));
    out->version = (uint32_t)head->version;
    out->applies_from = head->applies_from;
    out->compiled = tables_encode(arena, &workflow_shape, &out->workflow.tables);
    return ERR_OK;
}

static enum err read_directory(struct arena *arena, const char *file, struct text source, struct problems *problems, struct source *out)
{
    enum err code = directory_read(arena, file, source, problems, &out->directory);
    if (code != ERR_OK)
        return code;
    out->name = text_of(directory_name(&out->directory));
    out->version = (uint32_t)directory_version(&out->directory);
    out->compiled = tables_encode(arena, &directory_shape, &out->directory.tables);
    return ERR_OK;
}

static enum err read_calendar(struct arena *arena, const char *file, struct text source, struct problems *problems, struct source *out)
{
    enum err code = calendar_read(arena, file, source, problems, &out->calendar);
    if (code != ERR_OK)
        return code;
    out->name = text_of(calendar_name(&out->calendar));
    out->version = (uint32_t)calendar_head(&out->calendar)->version;
    out->compiled = tables_encode(arena, &calendar_shape, &out->calendar.tables);
    return ERR_OK;
}

/* Neither of the three: it cannot be read at all, or begins with something else. */
static void report_no_kind(struct arena *arena, struct text source, struct problems *problems)
{
    static const char allowed[] = "a workflow, directory, calendar or scenario begins with the key of that name";
    const struct node *root = yaml_load(arena, source, problems), *first = node_first(root);
    if (problems->errors)
        return;
    if (root->kind != NODE_MAP || !first) {
        problems_add(problems, root, "this is none of what the engine reads: %s.", allowed);
        return;
    }
    struct nearest nearest = nearest_to(first->key);
    for (int kind = SOURCE_NONE + 1; kind < SOURCE_KIND_COUNT; kind++) {
        nearest_offer(&nearest, text_of(kind_names[kind]));
        const struct node *later = node_get(root, kind_names[kind]);
        if (later) {
            problems_add_key(problems, later, "the key \"%s\" must stand first: %s.", kind_names[kind], allowed);
            return;
        }
    }
    problems_add_key(problems, first, "found the first key \"%.*s\"; %s.%s", text_shown(first->key), first->key.data, allowed,
                     nearest_hint(&nearest, arena));
}

enum err source_read(struct arena *arena, const char *file, struct text source, struct problems *problems, struct source *out)
{
    return source_read_for(arena, file, source, NULL, problems, out);
}

enum err source_read_for(struct arena *arena, const char *file, struct text source, const struct directory *directory, struct problems *problems,
                         struct source *out)
{
    *out = (struct source){.kind = source_kind_of(source), .applies_from = NONE};
    switch (out->kind) {
    case SOURCE_WORKFLOW: return read_workflow(arena, file, source, directory, problems, out);
    case SOURCE_DIRECTORY: return read_directory(arena, file, source, problems, out);
    case SOURCE_CALENDAR: return read_calendar(arena, file, source, problems, out);
    default: break;
    }
    problems_init(problems, arena, file);
    report_no_kind(arena, source, problems);
    return ERR_INVALID_SOURCE;
}

/* ---- files ---- */

static enum err open_failed(struct arena *arena, const char *path, struct text *why)
{
    int failed = errno;
    *why = arena_print(arena, "%s: %s", path, strerror(failed));
    return failed == ENOENT || failed == ENOTDIR ? ERR_NOT_FOUND : ERR_IO;
}

/* How much to take for a file: its size and one more byte, by which one that grows meanwhile is found out. */
static size_t room_for(int descriptor)
{
    struct stat status;
    bool known = fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) && status.st_size <= YAML_BYTES_MOST;
    return known ? (size_t)status.st_size + 1 : YAML_BYTES_MOST + 1;
}

enum err source_load(struct arena *arena, const char *path, struct text *out, struct text *why)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return open_failed(arena, path, why);
    size_t size = 0, room = room_for(descriptor);
    char *bytes = arena_take(arena, room);
    ssize_t got = 1;
    while (got > 0 && size < room) {
        got = read(descriptor, bytes + size, room - size);
        size += got > 0 ? (size_t)got : 0;
    }
    enum err code = got < 0 ? open_failed(arena, path, why) : ERR_OK;
    close(descriptor);
    if (code == ERR_OK && size == room) {
        *why = arena_print(arena, "%s: larger than %d bytes, or it grows while it is read", path, YAML_BYTES_MOST);
        return ERR_TOO_LARGE;
    }
    *out = (struct text){bytes, size};
    return code;
}
