/* folder: see folder.h. */
#include "engine/command/folder.h"

#include "engine/store_lmdb_copy.h"

#include <sys/stat.h>

const char *folder_store(const struct command_line *line, const char *folder)
{
    const char *inner = arena_print(line->arena, "%s/store", folder).data;
    struct stat status;
    return stat(inner, &status) == 0 && S_ISDIR(status.st_mode) ? inner : folder;
}

int folder_open(const struct command_line *line, struct folder *folder)
{
    const struct engine_options options = {.read_only = true};
    const char *why = "";
    *folder = (struct folder){0};
    enum err code = store_lmdb_open_to_read(&folder->store, folder_store(line, line->data));
    if (code == ERR_NOT_FOUND)
        return command_fail(line, COMMAND_FAILED, command_say(line, "there are no cases at %s.", "%s 没有案件数据。"), line->data);
    code = code ? code : engine_open(&folder->engine, folder->store, &options, &why);
    return code ? command_fail(line, command_exit_of(code), "%s %s", err_sentence(code), why) : COMMAND_DONE;
}

void folder_close(struct folder *folder)
{
    engine_close(&folder->engine);
    if (folder->store)
        store_close(&folder->store);
}
