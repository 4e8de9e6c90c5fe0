/* import_row: a row of the CSV as a message. Pure but for the hash: the same row gives the same message on every run, so what was
 * applied before is a duplicate. */
#ifndef STAIRCASE_COMMAND_IMPORT_ROW_H
#define STAIRCASE_COMMAND_IMPORT_ROW_H

#include "engine/command/import_map.h"
#include "proto/message.h"

/* The key of a case: made from the name of the mapping and the case as the file calls it. */
void import_key(const struct import_map *map, struct text subject, uint8_t key[ID_SIZE]);
/* The id of an event: its time first, so that the ids of a case order as its events do (engine: held cases), then `same`, which counts the
 * events of the case at the same time, then a hash of the whole row. */
void import_id(const struct import_map *map, const struct text *cells, uint32_t cell_count, int64_t time, uint32_t same, uint8_t id[ID_SIZE]);
/* The time of a row, milliseconds UTC. */
bool import_time(const struct import_map *map, const struct text *cells, struct arena *arena, int64_t *time, struct text *why);
/* Fills all but id and request. False with `*why`: the row cannot be sent. */
bool import_message(const struct import_map *map, const struct import_activity *activity, const struct text *cells, int64_t time,
                    const uint8_t key[ID_SIZE], struct arena *arena, struct message *message, struct text *why);

#endif
