/* source: a file that people write for the engine, whichever of its kinds it is: told by its first key, read, checked, compiled.
 *
 * What is deployed is the source together with this compiled form; the compiled form decides. The same source compiles to the same
 * bytes, on whichever side of the wire that is done. */
#ifndef STAIRCASE_SOURCE_H
#define STAIRCASE_SOURCE_H

#include "engine/calendar.h"
#include "engine/directory.h"
#include "engine/workflow.h"
#include "engine/yaml.h"

/* X(C name, first key, which is also its name in messages) */
#define SOURCE_KINDS(X)                                                                                                \
    X(WORKFLOW, "workflow")                                                                                            \
    X(DIRECTORY, "directory")                                                                                          \
    X(CALENDAR, "calendar")                                                                                            \
    X(SCENARIO, "scenario") /* is not deployed */

enum source_kind {
    SOURCE_NONE,
#define SOURCE_ENUM(kind, key) SOURCE_##kind,
    SOURCE_KINDS(SOURCE_ENUM)
#undef SOURCE_ENUM
    SOURCE_KIND_COUNT
};

struct source {
    enum source_kind kind;
    struct text name;       /* of the workflow, directory or calendar */
    uint32_t version;
    int32_t applies_from;   /* of a workflow: days, or NONE */
    struct text compiled;   /* canonical bytes: tables_encode */
    union {
        struct workflow workflow;
        struct directory directory;
        struct calendar calendar;
    };
};

/* The first key of a file; empty: it has none. */
struct text source_first_key(struct text source);
/* By the first key; SOURCE_NONE: it is none of these. "" for SOURCE_NONE. */
enum source_kind source_kind_of(struct text source);
const char *source_kind_name(enum source_kind kind);
enum source_kind source_kind_from(struct text name);

/* Reads and compiles a workflow, directory or calendar. ERR_OK, or ERR_INVALID_SOURCE with every mistake in `problems` (begun here; also:
 * it is none of the three). All lives in the arena. */
enum err source_read(struct arena *arena, const char *file, struct text source, struct problems *problems, struct source *out);

/* The same; besides, the roles and levels of a workflow must be in the directory (NULL: as source_read). */
enum err source_read_for(struct arena *arena, const char *file, struct text source, const struct directory *directory, struct problems *problems,
                         struct source *out);

/* A whole file. ERR_OK; ERR_NOT_FOUND; ERR_TOO_LARGE: above YAML_BYTES_MOST; ERR_IO; `*why` (in the arena) is a sentence with its path. */
enum err source_load(struct arena *arena, const char *path, struct text *out, struct text *why);

#endif
