/* scenario_report: what a failure shows: the sentence with its place, and what happened to the cases until then. */
#include "engine/scenario_inner.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#define SHOW(text) (int)(text).size, (text).data

bool world_fail(struct world *world, const struct node *at, const char *format, ...)
{
    char sentence[4096];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    world->failure = arena_print(world->arena, "%.*s%s:%d:%d: %s\n", SHOW(world->failure), world->scenario->path, at->place.line,
                                 at->place.column, sentence);
    return false;
}

/* What happened, in a word. */
static struct text event_words(struct world *world, const struct event *event)
{
    static const char *const clocks[] = {
        [CLOCK_STAGE] = "(deadline)", [CLOCK_WARN] = "(warning)", [CLOCK_REMIND] = "(reminder)", [CLOCK_TASK] = "(deadline of a task)",
        [CLOCK_CASE] = "(limit of the case)", [CLOCK_STOP] = "(end of a stop)", [CLOCK_PUBLICATION] = "(taken down)",
        [CLOCK_RETAIN] = "(kept long enough)"};
    switch (event->kind) {
    case EVENT_OPEN: return TEXT("open");
    case EVENT_SEND: return event->name;
    case EVENT_RELEASE: return TEXT("(release)");
    case EVENT_RETRY: return TEXT("(retry)");
    case EVENT_ACCEPT: return TEXT("(accepted)");
    case EVENT_SETTLE: return TEXT("(settled)");
    case EVENT_FAIL: return TEXT("(failed)");
    case EVENT_DUE:
        return text_of(event->clock_kind >= CLOCK_STAGE && event->clock_kind <= CLOCK_RETAIN ? clocks[event->clock_kind] : "(due)");
    case EVENT_RECOMPUTE: return TEXT("(computed anew)");
    case EVENT_MIGRATE: return TEXT("(migrated)");
    case EVENT_ERASE: return TEXT("(erased)");
    case EVENT_PARK: return TEXT("(parked)");
    case EVENT_UNPARK: return TEXT("(no longer parked)");
    case EVENT_COUNT: return arena_print(world->arena, "(%.*s)", SHOW(event->name));
    case EVENT_RUN: return TEXT("(passed over)");
    case EVENT_QUOTA: return TEXT("(year's end)");
    case EVENT_CASE: return event->end.size ? arena_print(world->arena, "(%.*s: %.*s)", SHOW(event->name), SHOW(event->end)) : event->name;
    case EVENT_DEPLOY_PART:
    case EVENT_DEPLOY: break;
    }
    return TEXT("(deployed)");
}

static struct text place_words(struct world *world, const struct calendar *calendar, const struct log_record *record)
{
    struct arena *arena = world->arena;
    if (record->end.size)
        return arena_print(arena, "ended: %.*s", SHOW(record->end));
    struct text words = arena_print(arena, "%.*s%s%.*s, %.*s", SHOW(record->stage), record->level.size ? " at " : "", SHOW(record->level),
                                    SHOW(record->unit));
    if (record->due == 0)
        return words;
    return arena_print(arena, "%.*s, due %.*s", SHOW(words), SHOW(calendar_print_due(calendar, arena, record->due)));
}

/* Padded with blanks to so many bytes. */
static struct text pad(struct arena *arena, struct text text, size_t width)
{
    static const char blanks[] = "                                ";
    size_t missing = text.size < width ? width - text.size : 0;
    return arena_print(arena, "%.*s%.*s", SHOW(text), (int)missing, blanks);
}

static struct text history_line(struct world *world, uint64_t position, const struct log_record *record)
{
    struct arena *arena = world->arena;
    const struct directory *directory = engine_directory(world->engine);
    const struct calendar *calendar = world_calendar(world,
                                                     directory && record->unit.size ? directory_find_unit(directory, record->unit) : NONE);
    struct text who = event_by_calendar(&record->event) ? TEXT("calendar") : record->event.as.size ? record->event.as : record->event.worker;
    if (!calendar)
        return TEXT("");
    return arena_print(arena, "  %4llu  %.*s  case %llu  %.*s  %.*s  -> %.*s%s%.*s\n", (unsigned long long)position,
                       SHOW(calendar_print(calendar, arena, record->effective)), (unsigned long long)record->case_id,
                       SHOW(pad(arena, event_words(world, &record->event), 20)), SHOW(pad(arena, who, 16)),
                       SHOW(place_words(world, calendar, record)), record->note_en.size ? "; " : "", SHOW(record->note_en));
}

struct text report_history(struct world *world)
{
    struct view view = {.engine = world->engine, .seal = world->seal, .arena = world->arena};
    struct log_record record;
    struct text out = TEXT("");
    enum err code = view_begin(&view);
    assert(code == ERR_OK);
    for (uint64_t position = 1; position <= engine_position(world->engine); position++) {
        code = view_record(&view, position, &record);
        assert(code == ERR_OK);
        if (record.case_id == 0)
            continue;
        struct text line = history_line(world, position, &record);
        out = arena_print(world->arena, "%.*s%.*s", SHOW(out), SHOW(line));
    }
    view_end(&view);
    return out;
}
